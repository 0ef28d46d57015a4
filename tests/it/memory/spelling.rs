//! Slips of the finger, by the vocabulary of the encoder that is shipped.

use understudy::memory::Spelling;
use understudy_engine::{Engine, EngineConfig};

#[tokio::test]
async fn the_encoders_vocabulary_mends_slips_and_leaves_an_offices_words() {
    let engine = Engine::start(EngineConfig::default());
    let encoder = crate::support::models().join("all-MiniLM-L6-v2.F16.gguf");
    let spelling = Spelling::new(engine.load_model(&encoder).await.unwrap().words());
    for (typed, meant) in [
        ("When dos the seaosn at the camp site end?", "When dos the season at the camp site end?"),
        ("whta is the size of the big tent", "what is the size of the big tent"),
        ("who runs the meetting on friday", "who runs the meeting on friday"),
        ("does the goverment pay for it", "does the government pay for it"),
        (
            "where do i recieve the tehcnical report, becuase i am late",
            "where do i receive the technical report, because i am late",
        ),
    ] {
        assert_eq!(spelling.mended(typed).as_deref(), Some(meant));
    }
    for text in [
        "open fri and tues, 15 mins or 2 hrs, 100 chf or 50 pln, and what is the vat of it",
        "how much pto do i have and where is the nda for the cto of aws",
        "put the docs and pics into git and tell the bots",
        "is anke or fatma or kev in the office",
        "a latte, hummus and prosecco for the webinar at the offsite",
        "the figma of the dashboard, the jira backlog and the payroll payslip are at the helpdesk",
        "Was ist die Frist und wann ist die Messe?",
        "O\u{f9} est la fete de la maison and where is the seaosn",
    ] {
        assert_eq!(spelling.mended(text), None, "{text}");
    }
}
