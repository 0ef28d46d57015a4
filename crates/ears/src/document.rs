//! What a document came to: the wire types between the process that opens it and its parent.

use serde::{Deserialize, Serialize};

/// Most bytes of a document that is opened.
pub const DOCUMENT_MAX_BYTES: usize = 25 * 1024 * 1024;
/// Most bytes of text that are taken from one document; what follows is left out and said to be.
pub const DOCUMENT_TEXT_MAX_BYTES: usize = 2 * 1024 * 1024;

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opened {
    /// It was read.
    Document(Box<Document>),
    /// It could not be.
    Unreadable(Trouble),
}

/// The text of a document in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is, by its content.
    pub kind: Kind,
    /// Its pages, slides, sheets, or the whole.
    pub sections: Vec<Section>,
    /// Whether text was left out because there is more than [`DOCUMENT_TEXT_MAX_BYTES`].
    pub is_cut: bool,
    /// What else was left out, each in a few words, such as "2 pages that are pictures".
    pub left_out: Vec<String>,
}

/// A part of a document that has a place of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Where it stands, such as "page 3"; empty when the document has no such places.
    pub place: String,
    /// Its text.
    pub text: String,
    /// Whether lines that begin with `#` are headings.
    pub is_markdown: bool,
}

/// What a document is, by its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// PDF.
    Pdf,
    /// A Word document.
    Docx,
    /// An Excel workbook.
    Xlsx,
    /// A `PowerPoint` presentation.
    Pptx,
    /// A page.
    Html,
    /// A mail.
    Eml,
    /// A table as text.
    Csv,
    /// Text with or without Markdown.
    #[default]
    Text,
    /// Sound, or a film with sound.
    Audio,
}

/// Why a document could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It has no bytes, or no text.
    Empty,
    /// It has more than [`DOCUMENT_MAX_BYTES`].
    TooLarge,
    /// It needs a password.
    Encrypted,
    /// A PDF of pictures.
    Scanned,
    /// A picture.
    Picture,
    /// Files inside a file.
    Archive,
    /// The formats of Office before 2007.
    OldOffice,
    /// `OpenDocument`.
    OpenDocument,
    /// Rich text.
    RichText,
    /// A program.
    Program,
    /// Sound, where nobody can hear.
    Sound,
    /// Sound without a word in it.
    Silent,
    /// Sound in a form that is not decoded, or a film without sound.
    NoSound,
    /// It says to be one thing and breaks its rules.
    Damaged,
    /// It would unpack to more than a document needs.
    Bomb,
    /// None of the formats that are read.
    Unknown,
}

impl Trouble {
    /// Whether it is about a recording.
    #[must_use]
    pub fn is_of_sound(self) -> bool {
        matches!(self, Self::Sound | Self::Silent | Self::NoSound)
    }

    /// Why, and what its sender can do, as the two halves of "I couldn't read it: …, so …."
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        const AS_PDF: &str = "save it as PDF or .docx and send that";
        match self {
            Self::Empty => ("there is no text in it", "send the file again or paste its text"),
            Self::TooLarge => ("it has more than 25 MB", "send the part you mean"),
            Self::Encrypted => ("it needs a password", "save it without one and send that"),
            Self::Scanned => (
                "its pages are pictures without text",
                "send it with recognised text (OCR) or paste the part you mean",
            ),
            Self::Picture => ("it is a picture, and I can't see pictures", "tell me what it shows"),
            Self::Archive => ("it holds other files", "unpack it and send those"),
            Self::OldOffice => ("it has the format of an Office before 2007", AS_PDF),
            Self::OpenDocument => ("it is an OpenDocument file, which I can't open yet", AS_PDF),
            Self::RichText => ("it is rich text, which I can't open yet", AS_PDF),
            Self::Program => ("it is a program", "send me a document instead"),
            Self::Sound => (
                "I have no hearing model here",
                "write me in a few words what you need; whoever runs me gets one with `understudy models pull`",
            ),
            Self::Silent => {
                ("there are no words in it", "say it again closer to the microphone, or write it")
            }
            Self::NoSound => ("it has no sound in a form that I know", "send it as m4a, mp3, ogg or wav"),
            Self::Damaged => ("it is damaged or cut short", "save it again and send that"),
            Self::Bomb => ("it unpacks to far more than a document needs", "save it again and send that"),
            Self::Unknown => ("it is in no format that I know", "send it as PDF, .docx or text"),
        }
    }
}
