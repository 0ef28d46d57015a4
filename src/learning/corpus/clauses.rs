//! Rules for contracts, and clauses that keep or break them.

/// What kind of number a rule is about, and which side of it is fine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    AtLeast,
    AtMost,
}

/// A rule with a number. `{x}` is the number; `quote` stands in each clause word for word.
pub(super) struct Rule {
    pub title: &'static str,
    pub bound: Bound,
    pub numbers: &'static [u32],
    pub rule: &'static [&'static str],
    pub clause: &'static [(&'static str, &'static str)],
    pub ok: &'static str,
    pub problem: &'static str,
}

pub(super) static RULES: &[Rule] = &[
    Rule {
        title: "Payment terms",
        bound: Bound::AtLeast,
        numbers: &[10, 14, 20, 21, 30, 45, 60],
        rule: &["We pay no earlier than {x} days after the invoice.", "Payment term: at least {x} days."],
        clause: &[
            ("Invoices are payable within {x} days of receipt.", "payable within {x} days"),
            (
                "The customer shall pay all sums due no later than {x} days after the date of the invoice.",
                "no later than {x} days after the date of the invoice",
            ),
        ],
        ok: "The term is not shorter than the {r} days we ask for",
        problem: "We ask for at least {r} days to pay",
    },
    Rule {
        title: "Notice",
        bound: Bound::AtMost,
        numbers: &[1, 2, 3, 4, 6, 9, 12],
        rule: &["We accept notice periods of {x} months at most.", "Notice period: up to {x} months."],
        clause: &[
            (
                "Either party may terminate this agreement with {x} months notice to the end of a year.",
                "with {x} months notice",
            ),
            ("Notice of termination must be given {x} months in advance.", "given {x} months in advance"),
        ],
        ok: "The notice period stays within {r} months",
        problem: "The longest notice period we accept is {r} months",
    },
    Rule {
        title: "Length of contracts",
        bound: Bound::AtMost,
        numbers: &[12, 18, 24, 36, 48, 60],
        rule: &["No contract runs longer than {x} months.", "Longest term: {x} months."],
        clause: &[
            (
                "This agreement has a fixed term of {x} months from the date of signature.",
                "a fixed term of {x} months",
            ),
            ("The contract is concluded for {x} months.", "concluded for {x} months"),
        ],
        ok: "The term is not longer than {r} months",
        problem: "Our contracts run for {r} months at most",
    },
    Rule {
        title: "Penalties",
        bound: Bound::AtMost,
        numbers: &[1, 2, 3, 5, 8, 10, 15],
        rule: &[
            "A penalty may reach {x} % of the order at most.",
            "Penalties: up to {x} % of the order value.",
        ],
        clause: &[
            (
                "In case of delay the supplier shall pay a penalty of {x} % of the order value.",
                "a penalty of {x} % of the order value",
            ),
            ("Late delivery reduces the price by {x} % of the order.", "reduces the price by {x} %"),
        ],
        ok: "The penalty stays within {r} %",
        problem: "Penalties may reach {r} % at most",
    },
    Rule {
        title: "Price increases",
        bound: Bound::AtMost,
        numbers: &[2, 3, 4, 5, 6, 8, 10],
        rule: &["Prices may rise by {x} % a year at most.", "Price increase: no more than {x} % a year."],
        clause: &[
            ("The provider may raise the fees once a year by up to {x} %.", "by up to {x} %"),
            ("Prices increase by {x} % on each anniversary of this agreement.", "increase by {x} %"),
        ],
        ok: "The increase stays within {r} % a year",
        problem: "Prices may rise by no more than {r} % a year",
    },
    Rule {
        title: "Warranty",
        bound: Bound::AtLeast,
        numbers: &[6, 12, 18, 24, 36, 48],
        rule: &["We ask for a warranty of at least {x} months.", "Warranty: {x} months or more."],
        clause: &[
            ("The warranty period is {x} months from delivery.", "{x} months from delivery"),
            ("Defects must be reported within a warranty of {x} months.", "a warranty of {x} months"),
        ],
        ok: "The warranty is not shorter than {r} months",
        problem: "We ask for a warranty of at least {r} months",
    },
    Rule {
        title: "Deposits",
        bound: Bound::AtMost,
        numbers: &[5, 10, 15, 20, 25, 30, 40, 50],
        rule: &["We pay {x} % in advance at most.", "Deposit: no more than {x} % of the price."],
        clause: &[
            ("A deposit of {x} % is due upon signature.", "A deposit of {x} %"),
            ("The buyer pays {x} % in advance and the rest on delivery.", "pays {x} % in advance"),
        ],
        ok: "The deposit is not higher than {r} %",
        problem: "We pay at most {r} % in advance",
    },
    Rule {
        title: "Data",
        bound: Bound::AtMost,
        numbers: &[3, 6, 12, 18, 24, 36],
        rule: &[
            "Partners may keep our data for {x} months at most.",
            "Data of ours is deleted after {x} months at the latest.",
        ],
        clause: &[
            (
                "The processor stores personal data for {x} months after the end of the service.",
                "stores personal data for {x} months",
            ),
            ("Customer data will be kept for {x} months.", "kept for {x} months"),
        ],
        ok: "Data is kept no longer than {r} months",
        problem: "Partners may keep our data for {r} months at most",
    },
    Rule {
        title: "Service levels",
        bound: Bound::AtMost,
        numbers: &[1, 2, 4, 6, 8, 12, 24, 48],
        rule: &["Service firms have to react within {x} hours.", "Reaction time: {x} hours or less."],
        clause: &[
            ("The contractor shall respond to incidents within {x} hours.", "within {x} hours"),
            (
                "Faults are attended to no later than {x} hours after the call.",
                "no later than {x} hours after the call",
            ),
        ],
        ok: "The reaction time is not longer than {r} hours",
        problem: "Service firms have to react within {r} hours",
    },
    Rule {
        title: "Liability",
        bound: Bound::AtLeast,
        numbers: &[20, 50, 75, 100, 150, 200, 500],
        rule: &["Suppliers are liable for at least {x},000 EUR.", "Liability cap: not below {x},000 EUR."],
        clause: &[
            (
                "The liability of the supplier is limited to {x},000 EUR per event.",
                "limited to {x},000 EUR per event",
            ),
            ("Claims for damages are capped at {x},000 EUR.", "capped at {x},000 EUR"),
        ],
        ok: "The cap is not below {r},000 EUR",
        problem: "We need a liability of at least {r},000 EUR",
    },
    Rule {
        title: "Minimum orders",
        bound: Bound::AtMost,
        numbers: &[10, 20, 25, 40, 50, 100, 200],
        rule: &["We accept minimum orders of up to {x} pieces.", "Minimum order: {x} pieces at most."],
        clause: &[
            ("Each order shall comprise no fewer than {x} pieces.", "no fewer than {x} pieces"),
            (
                "The smallest quantity per order is {x} pieces.",
                "The smallest quantity per order is {x} pieces",
            ),
        ],
        ok: "The minimum order stays within {r} pieces",
        problem: "We accept minimum orders of {r} pieces at most",
    },
    Rule {
        title: "Delivery",
        bound: Bound::AtMost,
        numbers: &[1, 2, 3, 4, 6, 8, 10],
        rule: &["Goods have to arrive within {x} weeks.", "Longest delivery time: {x} weeks."],
        clause: &[
            ("Delivery takes place within {x} weeks of the order.", "within {x} weeks of the order"),
            ("The seller delivers {x} weeks after confirmation.", "delivers {x} weeks after confirmation"),
        ],
        ok: "The delivery time is not longer than {r} weeks",
        problem: "Goods have to arrive within {r} weeks",
    },
];

/// Rules without a number: title, rule, a clause that fits, one that breaks it with its quote, and why.
pub(super) type Word = (&'static str, &'static str, &'static str, (&'static str, &'static str), &'static str);

pub(super) static WORDS: &[Word] = &[
    (
        "Courts",
        "Disputes go to the courts of {city}, nowhere else.",
        "Any dispute shall be settled by the courts of {city}.",
        ("Any dispute shall be settled by the courts of {city2}.", "the courts of {city2}"),
        "Disputes have to go to the courts of {city}",
    ),
    (
        "Renewal",
        "Contracts must not renew by themselves.",
        "The agreement ends on {date} without further notice.",
        ("The agreement renews automatically on {date}.", "renews automatically"),
        "Contracts must not renew by themselves",
    ),
    (
        "Subcontractors",
        "Subcontractors only with our written consent.",
        "Subcontractors require the written consent of the client.",
        (
            "The contractor may engage subcontractors at its discretion.",
            "may engage subcontractors at its discretion",
        ),
        "Subcontractors need our written consent",
    ),
    (
        "Use of our name",
        "Nobody uses our name in advertising.",
        "The supplier shall not mention the client in advertising.",
        (
            "The supplier may name the client as a reference in advertising.",
            "may name the client as a reference",
        ),
        "Nobody uses our name in advertising",
    ),
    (
        "Language of contracts",
        "Contracts are binding in {language} only.",
        "The {language} version of this agreement prevails.",
        ("The {language2} version of this agreement prevails.", "The {language2} version"),
        "Contracts are binding in {language} only",
    ),
    (
        "Currency",
        "We pay in EUR only.",
        "All prices are stated and paid in EUR.",
        ("All prices are stated and paid in US dollars.", "paid in US dollars"),
        "We pay in EUR only",
    ),
    (
        "Signatures",
        "Contracts are signed by {person}, nobody else.",
        "This agreement is signed for the client by {person}.",
        ("This agreement is signed for the client by {person2}.", "signed for the client by {person2}"),
        "Contracts are signed by {person}",
    ),
    (
        "Exclusivity",
        "We never promise to buy from one supplier only.",
        "The client remains free to buy from other suppliers.",
        ("The client shall buy the goods exclusively from the supplier.", "exclusively from the supplier"),
        "We never promise to buy from one supplier only",
    ),
];

/// Clauses about things that rules seldom cover, with the words that matter.
pub(super) static LOOSE: &[(&str, &str, &str)] = &[
    (
        "The supplier insures the goods during transport.",
        "insures the goods during transport",
        "transport insurance",
    ),
    (
        "The parties keep the content of this agreement confidential for {years}.",
        "confidential for {years}",
        "confidentiality",
    ),
    ("Work clothes are provided by the client.", "provided by the client", "work clothes"),
    (
        "The software may be installed on {num} devices.",
        "installed on {num} devices",
        "the number of devices",
    ),
    ("Travel costs are billed at {eurs} per hour.", "billed at {eurs} per hour", "travel costs"),
    (
        "All drawings remain the property of {company}.",
        "remain the property of {company}",
        "the ownership of drawings",
    ),
    ("Packaging is taken back free of charge.", "taken back free of charge", "packaging"),
    (
        "An audit may take place once per year with notice of {dayn}.",
        "once per year with notice of {dayn}",
        "audits",
    ),
    ("Training for {num} people is included in the price.", "included in the price", "training"),
    ("Force majeure releases both parties from their duties.", "releases both parties", "force majeure"),
    ("The contractor works on the site {span} only.", "{span} only", "working hours on the site"),
    ("Spare parts are supplied for {years}.", "supplied for {years}", "spare parts"),
];
