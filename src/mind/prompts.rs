//! Every prompt of the product, rendered alike for serving and for training.
//!
//! A model that was taught with one layout and asked with another answers at random, so nothing else in the
//! program fills in a prompt file.

use understudy_engine::{Message, Model, Prompt, Role, TemplateError};

use super::{
    Template,
    prompt::{cap, render_passages, render_thread},
};

/// Every prompt file by its name; an adapter remembers which it was taught with.
pub const PROMPT_FILES: [(&str, &str); 5] = [
    ("queries", include_str!("../../prompts/queries.txt")),
    ("reply", include_str!("../../prompts/reply.txt")),
    ("rerank", include_str!("../../prompts/rerank.txt")),
    ("step", include_str!("../../prompts/step.txt")),
    ("verdict", include_str!("../../prompts/verdict.txt")),
];

/// Token budgets of what is inserted; with the instructions they stay below the context of 2,048 tokens.
const MESSAGE_TOKENS: usize = 400;
const THREAD_TOKENS: usize = 300;
const PASSAGES_TOKENS: usize = 900;
const CLAUSE_TOKENS: usize = 300;
/// A sentence that is weighed, with its title, and the thread beside it: both are computed for each message.
const WEIGHED_TOKENS: usize = 160;
const WEIGHED_THREAD_TOKENS: usize = 150;
const TOOLS_TOKENS: usize = 400;
/// Longest answers.
pub const QUERIES_TOKENS: usize = 120;
/// Longest step: a tool with its arguments.
pub const STEP_TOKENS: usize = 160;
/// Longest reply.
pub const VERDICT_TOKENS: usize = 160;
/// Most tokens of a reply.
pub const REPLY_TOKENS: usize = 220;
/// Instructions, names and template marks.
const FRAME_TOKENS: usize = 220;

/// What every prompt says of its situation.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'s> {
    /// The name of whoever is stood in for.
    pub name: &'s str,
    /// What they do, in a few words.
    pub role: &'s str,
    /// How they write.
    pub manner: &'s str,
    /// The name of whoever wrote.
    pub requester: &'s str,
    /// Earlier messages of the thread, oldest first, as (who, what).
    pub thread: &'s [(String, String)],
    /// The message.
    pub message: &'s str,
}

/// Instructions and task, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The system message.
    pub system: String,
    /// The user message.
    pub user: String,
}

impl Filled {
    /// Puts both into the model's own chat template.
    ///
    /// # Errors
    /// When the model has no template that llama.cpp knows.
    pub fn render(&self, model: &Model) -> Result<Prompt, TemplateError> {
        model.render(&[
            Message { role: Role::System, text: &self.system },
            Message { role: Role::User, text: &self.user },
        ])
    }
}

/// The prompt files, with budgets for one context.
#[derive(Debug, Clone)]
pub struct Prompts {
    queries: Template,
    reply: Template,
    rerank: Template,
    verdict: Template,
    step: Template,
    scale: f64,
}

impl Prompts {
    /// Prompts that fit a context of this many tokens.
    #[must_use]
    pub fn for_context(context_tokens: u32) -> Self {
        let full = FRAME_TOKENS + MESSAGE_TOKENS + THREAD_TOKENS + PASSAGES_TOKENS + REPLY_TOKENS;
        #[expect(clippy::cast_precision_loss, reason = "token counts are small")]
        let scale = (f64::from(context_tokens) / full as f64).min(1.0);
        Self {
            queries: Template::parse(include_str!("../../prompts/queries.txt")),
            reply: Template::parse(include_str!("../../prompts/reply.txt")),
            rerank: Template::parse(include_str!("../../prompts/rerank.txt")),
            verdict: Template::parse(include_str!("../../prompts/verdict.txt")),
            step: Template::parse(include_str!("../../prompts/step.txt")),
            scale,
        }
    }

    fn budget(&self, tokens: usize) -> usize {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        let scaled = (tokens as f64 * self.scale) as usize;
        scaled
    }

    fn fill(
        &self,
        template: &Template,
        model: Option<&Model>,
        scene: &Scene<'_>,
        more: &[(&str, &str)],
    ) -> Filled {
        self.fill_with(template, model, scene, THREAD_TOKENS, more)
    }

    fn fill_with(
        &self,
        template: &Template,
        model: Option<&Model>,
        scene: &Scene<'_>,
        thread_tokens: usize,
        more: &[(&str, &str)],
    ) -> Filled {
        let thread = render_thread(model, scene.thread, self.budget(thread_tokens));
        let message = cap(model, scene.message, self.budget(MESSAGE_TOKENS));
        let mut values = vec![
            ("name", scene.name),
            ("role", scene.role),
            ("manner", scene.manner),
            ("requester", scene.requester),
            ("thread", &thread),
            ("message", &message),
        ];
        values.extend_from_slice(more);
        let (system, user) = template.fill(&values);
        Filled { system, user }
    }

    /// Asks for queries. Without a model, four bytes count as a token.
    #[must_use]
    pub fn queries(&self, model: Option<&Model>, scene: &Scene<'_>) -> Filled {
        self.fill(&self.queries, model, scene, &[])
    }

    /// Asks for a reply from notes, each a title with its text, best first; says how many of them fitted.
    #[must_use]
    pub fn reply(&self, model: Option<&Model>, scene: &Scene<'_>, notes: &[(&str, &str)]) -> (Filled, usize) {
        let (passages, fitting) = render_passages(model, notes, self.budget(PASSAGES_TOKENS));
        (self.fill(&self.reply, model, scene, &[("passages", &passages)]), fitting)
    }

    /// Asks whether `note` answers the message.
    #[must_use]
    pub fn rerank(&self, model: Option<&Model>, scene: &Scene<'_>, note: &str) -> Filled {
        let note = cap(model, note, self.budget(WEIGHED_TOKENS));
        self.fill_with(&self.rerank, model, scene, WEIGHED_THREAD_TOKENS, &[("note", &note)])
    }

    /// Asks for a verdict on a clause by the rules in notes.
    #[must_use]
    pub fn verdict(
        &self,
        model: Option<&Model>,
        scene: &Scene<'_>,
        notes: &[(&str, &str)],
        clause: &str,
    ) -> Filled {
        let (passages, _) = render_passages(model, notes, self.budget(PASSAGES_TOKENS));
        let clause = cap(model, clause, self.budget(CLAUSE_TOKENS));
        self.fill(&self.verdict, model, scene, &[("passages", &passages), ("clause", &clause)])
    }

    /// Asks for the next step, a reply or one of `tools` (a line each).
    #[must_use]
    pub fn step(&self, model: Option<&Model>, scene: &Scene<'_>, tools: &[String]) -> Filled {
        let tools = cap(model, &tools.join("\n"), self.budget(TOOLS_TOKENS));
        self.fill(&self.step, model, scene, &[("tools", &tools)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_are_what_a_reviewer_saw() {
        let prompts = Prompts::for_context(2048);
        let thread = [("Alice".to_owned(), "hello".to_owned())];
        let scene = Scene {
            name: "Bob",
            role: "Operations",
            manner: "Short and warm.",
            requester: "Alice",
            thread: &thread,
            message: "When is the fair?",
        };
        let notes = [("Fair", "The fair is on 3 May.")];
        let tools = ["calendar.list(from, to): lists what is in the calendar".to_owned()];
        for (name, filled) in [
            ("queries", prompts.queries(None, &scene)),
            ("reply", prompts.reply(None, &scene, &notes).0),
            ("verdict", prompts.verdict(None, &scene, &notes, "The fair is on 4 May.")),
            ("step", prompts.step(None, &scene, &tools)),
            ("rerank", prompts.rerank(None, &scene, "Fair: The fair is on 3 May.")),
        ] {
            assert!(!filled.system.contains("{{") && !filled.user.contains("{{"));
            insta::assert_snapshot!(name, format!("{}\n---\n{}", filled.system, filled.user));
        }
    }

    #[test]
    fn the_budgets_fit_the_smallest_context() {
        let prompts = Prompts::for_context(1024);
        let long = "word ".repeat(4000);
        let thread = [("Alice".to_owned(), long.clone())];
        let scene = Scene {
            name: "Bob",
            role: "Ops",
            manner: "Short.",
            requester: "Alice",
            thread: &thread,
            message: &long,
        };
        let (filled, fitting) = prompts.reply(None, &scene, &[("Long", &long), ("Other", &long)]);
        assert_eq!(fitting, 1);
        assert!((filled.system.len() + filled.user.len()) / 4 + REPLY_TOKENS < 1024, "{}", filled.user.len());
    }
}
