//! Text as words, runs of digits, spaces and single signs, and a cursor that walks over them.

use std::ops::{Range, RangeInclusive};

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// ASCII digits.
    Digits,
    /// Letters, with apostrophes between them.
    Word,
    /// Spaces within a line.
    Space,
    /// Any other character, alone.
    Sign,
    /// A part of the text that was read already.
    Covered,
}

/// A piece of text that is read as one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) kind: Kind,
    /// Byte offset in the text.
    start: usize,
}

/// Splits `text` into tokens; what lies in `covered` is only marked.
pub(super) fn tokenise<'a>(text: &'a str, covered: &[Range<usize>]) -> Vec<Token<'a>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut current: Option<Kind> = None;
    let mut chars = text.char_indices().peekable();
    let mut push = |start: usize, end: usize, kind: Kind| {
        if let Some(text) = text.get(start..end).filter(|text| !text.is_empty()) {
            tokens.push(Token { text, kind, start });
        }
    };
    while let Some((at, c)) = chars.next() {
        let is_covered = |at: usize| covered.iter().any(|range| range.contains(&at));
        let next = chars.peek().filter(|(at, _)| !is_covered(*at)).map(|(_, c)| *c);
        let kind = if is_covered(at) {
            Kind::Covered
        } else if current == Some(Kind::Word) && is_apostrophe_inside(c, next) {
            Kind::Word
        } else {
            kind_of(c)
        };
        if current != Some(kind) || kind == Kind::Sign {
            push(start, at, current.unwrap_or(Kind::Sign));
            start = at;
            current = Some(kind);
        }
    }
    push(start, text.len(), current.unwrap_or(Kind::Sign));
    tokens
}

fn is_apostrophe_inside(c: char, next: Option<char>) -> bool {
    matches!(c, '\'' | '’') && next.is_some_and(char::is_alphabetic)
}

fn kind_of(c: char) -> Kind {
    if c.is_ascii_digit() {
        Kind::Digits
    } else if c.is_alphabetic() {
        Kind::Word
    } else if c.is_whitespace() && c != '\n' {
        Kind::Space
    } else {
        Kind::Sign
    }
}

/// A place in a list of tokens; copying it is looking ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens }
    }

    pub(super) fn is_done(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The byte range from here up to the end of the last token before `ahead`.
    pub(super) fn range_up_to(&self, ahead: &Self) -> Range<usize> {
        let taken = self.tokens.len() - ahead.tokens.len();
        let start = self.tokens.first().map_or(0, |token| token.start);
        let last = self.tokens.get(taken.saturating_sub(1));
        start..last.map_or(start, |token| token.start + token.text.len())
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.first().copied()
    }

    pub(super) fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Takes the next token when `accept` makes something of it.
    pub(super) fn take<T>(&mut self, accept: impl FnOnce(Token<'a>) -> Option<T>) -> Option<T> {
        let taken = accept(self.peek()?)?;
        self.skip();
        Some(taken)
    }

    /// Takes what `read` reads, or nothing at all.
    pub(super) fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let read = read(&mut ahead)?;
        *self = ahead;
        Some(read)
    }

    /// Takes a run of digits of one of these lengths.
    pub(super) fn digits(&mut self, lengths: RangeInclusive<usize>) -> Option<&'a str> {
        self.take(|t| (t.kind == Kind::Digits && lengths.contains(&t.text.len())).then_some(t.text))
    }

    /// Takes a run of digits as a number, when it is in `values`.
    pub(super) fn count(
        &mut self,
        lengths: RangeInclusive<usize>,
        values: RangeInclusive<u32>,
    ) -> Option<u32> {
        self.attempt(|c| {
            let number = c.digits(lengths)?.parse().ok()?;
            values.contains(&number).then_some(number)
        })
    }

    /// Takes a word that `accept` makes something of.
    pub(super) fn word<T>(&mut self, accept: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        self.take(|t| if t.kind == Kind::Word { accept(t.text) } else { None })
    }

    /// Takes one of these words, whatever its case.
    pub(super) fn any_word(&mut self, words: &[&str]) -> Option<&'a str> {
        self.word(|word| words.iter().any(|choice| word.eq_ignore_ascii_case(choice)).then_some(word))
    }

    /// Takes one of these signs.
    pub(super) fn sign(&mut self, signs: &[char]) -> Option<char> {
        self.take(|t| t.text.chars().next().filter(|c| t.kind != Kind::Covered && signs.contains(c)))
    }

    /// Takes spaces when there are some.
    pub(super) fn space(&mut self) -> Option<&'a str> {
        self.take(|t| (t.kind == Kind::Space).then_some(t.text))
    }

    /// Says whether a digit comes next.
    pub(super) fn is_at_digits(&self) -> bool {
        self.peek().is_some_and(|t| t.kind == Kind::Digits)
    }

    /// Says whether a letter comes next.
    pub(super) fn is_at_word(&self) -> bool {
        self.peek().is_some_and(|t| t.kind == Kind::Word)
    }
}
