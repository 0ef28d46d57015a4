//! Files on the command line, through the whole program.

use std::process::Stdio;

use serde_json::Value;

use crate::support::Site;

fn ask(site: &Site, arguments: &[&str]) -> Value {
    let mut command = site.command();
    command.args(["ask", "-p", "bob", "--from", "alice", "--json"]).args(arguments);
    let output = command.stdout(Stdio::piped()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_file_on_the_command_line_is_read_cited_and_remembered_in_its_thread() {
    let site = Site::new();
    let lease = site.dir.path().join("lease.md");
    std::fs::write(&lease, "# Lease\n\n## Deposit\n\nThe deposit is 4,750 EUR.\n").unwrap();
    let broken = site.dir.path().join("plan.docx");
    std::fs::write(&broken, b"PK\x03\x04 cut short").unwrap();
    let (lease, broken) = (lease.to_str().unwrap(), broken.to_str().unwrap());
    let turn = ask(&site, &["--thread", "t", "--file", lease, "--file", broken, "how high is the deposit?"]);
    let reply = turn["reply"].as_str().unwrap();
    assert!(reply.contains("I read lease.md."), "{reply}");
    assert!(reply.contains("I couldn't read plan.docx: it is damaged or cut short"), "{reply}");
    assert_eq!(turn["passages"][0]["source"], "lease.md");
    assert_eq!(turn["passages"][0]["title"], "lease.md > Lease > Deposit");
    assert!(turn["timings_ms"]["sense"].as_f64().unwrap() > 0.0, "{turn}");
    let later = ask(&site, &["--thread", "t", "when is it due?"]);
    assert_eq!(later["passages"][0]["source"], "lease.md");
    let elsewhere = ask(&site, &["--thread", "u", "how high is the deposit?"]);
    assert_eq!(elsewhere["passages"].as_array().unwrap().len(), 0, "{elsewhere}");
    let wordless = ask(&site, &["--file", lease]);
    assert_eq!(wordless["reply"], "I read lease.md.\n\nWhat do you want to know?");
}
