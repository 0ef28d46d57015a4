//! How Eudora decides as compliance officer, and how she says so.

mod asks;

use super::{Decision, Rules, Ruling, Talk, ask, no, words::Sum, yes};
use crate::learning::corpus::Dice;

pub(super) static RULES: Rules = Rules {
    id: "eudora",
    name: "Eudora",
    channel: "compliance-desk",
    deciders: &["Ingrid", "Tobias", "Kwame"],
    request: |dice| {
        let request = Request::roll(dice);
        (decide(&request), asks::word(&request, dice))
    },
    say,
    talk: &[
        Talk {
            messages: &[
                "Thank you for {thing}, it helped us a lot.",
                "That was a good explanation in {thing}.",
                "I only wanted to say that {thing} was useful.",
                "We liked {thing}, thank you.",
            ],
            replies: &["You are welcome, and thank you for telling me.", "I am glad that it was of use."],
        },
        Talk {
            messages: &["See you at {thing}, have a good evening.", "I am leaving now. See you at {thing}."],
            replies: &["I will see you there.", "Thank you, I will see you there."],
        },
        Talk {
            messages: &[
                "Who had the idea for {thing} in the first place?",
                "Which colour did the invitation to {thing} have back then?",
                "Do you know who made the tea at {thing} last time?",
                "What was the weather like at {thing}?",
            ],
            replies: &["That's not in my notes."],
        },
    ],
    things: &[
        "the morning briefing",
        "the compliance breakfast",
        "the question hour",
        "the short film evening",
        "the walk through the cases",
        "the workshop on mail",
        "the round with the new colleagues",
        "the lecture on fair dealing",
    ],
};

/// What she is asked, with all that decides about it. Each variant says its rule.
#[derive(Debug, Clone, Copy)]
enum Request {
    /// Suppliers sign our code first, except for orders below 100 EUR; hazardous goods go to Ingrid.
    Supplier { code: Code, sum: Sum, goods: Goods },
    /// A team reads its own folder, another one only for a limited time; pay files go to Ingrid.
    Access { folder: Folder, term: Term },
    /// A customer's praise is published with written consent, without one only nameless; offices go to Ingrid.
    Praise { of: Praiser, consent: Consent, name: Named },
    /// Students may ask about work, not about our figures unless they are published; suppliers go to Tobias.
    Study(Subject),
    /// Price cuts below 10 percent, larger ones only for discontinued lamps; public buyers go to Tobias.
    PriceCut { percent: u32, lamp: Lamp, buyer: Buyer },
    /// Donations to registered charities, to others only after a disaster; customers' charities go to Ingrid.
    Donation { to: Charity, cause: Need },
    /// Web tools without personal data, with such data only once IT has tested them; installing goes to Kwame.
    Tool { form: Form, data: Data, tested: Tested },
    /// Prize draws for adults, for children only with their teacher; prizes from 100 EUR on go to Tobias.
    Draw { players: Players, prize: Sum },
    /// Meetings with competitors need a written agenda, receptions do not; prices on it go to Ingrid.
    Rivals { meeting: Meeting, agenda: Agenda },
    /// Drawings leave us under a signed agreement, without one only as an excerpt; cost sheets go to Tobias.
    Sending { paper: Paper, agreement: Agreement },
    /// Test goods are sent back and not kept, unless used up; from 1,000 EUR on Tobias is asked.
    TestGoods { fate: Fate, sum: Sum },
    /// A first extension is granted and a second is not, unless somebody is ill; authorities' dates go to Ingrid.
    Extension { count: Count, why: Why, of: Paperwork },
    /// Private devices with a code of their own may be used, shared ones only for the calendar; lists go to Kwame.
    Device { device: Device, content: Content },
}

#[derive(Debug, Clone, Copy)]
enum Code {
    Signed,
    Missing,
}
#[derive(Debug, Clone, Copy)]
enum Goods {
    Plain,
    Hazardous,
}
#[derive(Debug, Clone, Copy)]
enum Folder {
    Own,
    Other,
    Pay,
}
#[derive(Debug, Clone, Copy)]
enum Term {
    Limited,
    Open,
}
#[derive(Debug, Clone, Copy)]
enum Praiser {
    Customer,
    Office,
}
#[derive(Debug, Clone, Copy)]
enum Consent {
    Written,
    Spoken,
}
#[derive(Debug, Clone, Copy)]
enum Named {
    Full,
    Nameless,
}
#[derive(Debug, Clone, Copy)]
enum Subject {
    Work,
    Figures,
    Published,
    Suppliers,
}
#[derive(Debug, Clone, Copy)]
enum Lamp {
    Current,
    Discontinued,
}
#[derive(Debug, Clone, Copy)]
enum Buyer {
    Private,
    Public,
}
#[derive(Debug, Clone, Copy)]
enum Charity {
    Registered,
    Unregistered,
    Customers,
}
#[derive(Debug, Clone, Copy)]
enum Need {
    Plain,
    Disaster,
}
#[derive(Debug, Clone, Copy)]
enum Form {
    Web,
    Installed,
}
#[derive(Debug, Clone, Copy)]
enum Data {
    None,
    Personal,
}
#[derive(Debug, Clone, Copy)]
enum Tested {
    Yes,
    No,
}
#[derive(Debug, Clone, Copy)]
enum Players {
    Adults,
    Children,
    Class,
}
#[derive(Debug, Clone, Copy)]
enum Meeting {
    Working,
    Reception,
}
#[derive(Debug, Clone, Copy)]
enum Agenda {
    Written,
    Missing,
    Prices,
}
#[derive(Debug, Clone, Copy)]
enum Paper {
    Drawing,
    Excerpt,
    Costs,
}
#[derive(Debug, Clone, Copy)]
enum Agreement {
    Signed,
    Missing,
}
#[derive(Debug, Clone, Copy)]
enum Fate {
    Back,
    Kept,
    UsedUp,
}
#[derive(Debug, Clone, Copy)]
enum Count {
    First,
    Second,
}
#[derive(Debug, Clone, Copy)]
enum Why {
    Plain,
    Ill,
}
#[derive(Debug, Clone, Copy)]
enum Paperwork {
    Ours,
    Authority,
}
#[derive(Debug, Clone, Copy)]
enum Device {
    Own,
    Shared,
}
#[derive(Debug, Clone, Copy)]
enum Content {
    Mail,
    Calendar,
    List,
}

const INGRID: &str = "Ingrid";
const TOBIAS: &str = "Tobias";
const KWAME: &str = "Kwame";

/// Her rules; the first line that fits decides.
fn decide(request: &Request) -> Ruling {
    match request {
        Request::Supplier { goods: Goods::Hazardous, .. } => ask(
            INGRID,
            "supplier/hazardous",
            &[
                "The rule on hazardous goods leaves them to her.",
                "By the rule on hazardous goods, she decides.",
            ],
        ),
        Request::Supplier { code: Code::Signed, .. } => yes(
            "supplier/signed",
            &[
                "The rule on our supplier code is kept, as it is signed.",
                "By the rule on our supplier code, a signed code is enough.",
            ],
        ),
        Request::Supplier { sum: Sum::Small(_), .. } => yes(
            "supplier/small",
            &[
                "The rule on our supplier code exempts small orders.",
                "By the rule on our supplier code, {eur} is a small order and needs none.",
            ],
        ),
        Request::Supplier { .. } => no(
            "supplier/missing",
            &[
                "The rule on our supplier code asks for the signature first.",
                "By the rule on our supplier code, an order of {eur} needs the signature.",
            ],
        ),

        Request::Access { folder: Folder::Pay, .. } => ask(
            INGRID,
            "access/pay",
            &[
                "The rule on pay files leaves every access to her.",
                "By the rule on pay files, she opens them.",
            ],
        ),
        Request::Access { folder: Folder::Own, .. } => yes(
            "access/own",
            &[
                "The rule on folders gives a team its own.",
                "By the rule on folders, your own team's folder is open to you.",
            ],
        ),
        Request::Access { term: Term::Limited, .. } => yes(
            "access/limited",
            &[
                "The rule on folders allows access to another team's for a limited time.",
                "By the rule on folders, an access that ends is fine.",
            ],
        ),
        Request::Access { term: Term::Open, .. } => no(
            "access/open",
            &[
                "The rule on folders keeps another team's closed without an end date.",
                "By the rule on folders, access to another team's needs an end.",
            ],
        ),

        Request::Praise { of: Praiser::Office, .. } => ask(
            INGRID,
            "praise/office",
            &[
                "The rule on public offices leaves their words to her.",
                "By the rule on public offices, she decides.",
            ],
        ),
        Request::Praise { consent: Consent::Written, .. } => yes(
            "praise/written",
            &[
                "The rule on customers' words is kept by the written consent.",
                "By the rule on customers' words, consent in writing is enough.",
            ],
        ),
        Request::Praise { name: Named::Nameless, .. } => yes(
            "praise/nameless",
            &[
                "The rule on customers' words exempts what is published without a name.",
                "By the rule on customers' words, nameless praise is free.",
            ],
        ),
        Request::Praise { .. } => no(
            "praise/spoken",
            &[
                "The rule on customers' words asks for consent in writing.",
                "By the rule on customers' words, a spoken consent with a name is not enough.",
            ],
        ),

        Request::Study(Subject::Work) => yes(
            "study/work",
            &[
                "The rule on studies lets everybody talk about their work.",
                "By the rule on studies, how we work is no secret.",
            ],
        ),
        Request::Study(Subject::Published) => yes(
            "study/published",
            &[
                "The rule on studies exempts figures that are published.",
                "By the rule on studies, what is published may be told.",
            ],
        ),
        Request::Study(Subject::Figures) => no(
            "study/figures",
            &[
                "The rule on studies keeps our figures in the house.",
                "By the rule on studies, internal figures are not told.",
            ],
        ),
        Request::Study(Subject::Suppliers) => ask(
            TOBIAS,
            "study/suppliers",
            &[
                "The rule on studies leaves our suppliers to him.",
                "By the rule on studies, he speaks about suppliers.",
            ],
        ),

        Request::PriceCut { buyer: Buyer::Public, .. } => ask(
            TOBIAS,
            "price cut/public",
            &[
                "The rule on price cuts leaves public buyers to him.",
                "By the rule on price cuts, he decides about public buyers.",
            ],
        ),
        Request::PriceCut { percent: ..10, .. } => yes(
            "price cut/small",
            &[
                "The rule on price cuts allows {percent} percent.",
                "By the rule on price cuts, a small one is fine.",
            ],
        ),
        Request::PriceCut { lamp: Lamp::Discontinued, .. } => yes(
            "price cut/discontinued",
            &[
                "The rule on price cuts exempts discontinued lamps.",
                "By the rule on price cuts, a discontinued lamp may go cheaper.",
            ],
        ),
        Request::PriceCut { .. } => no(
            "price cut/large",
            &[
                "The rule on price cuts does not allow {percent} percent.",
                "By the rule on price cuts, that is too large for a current lamp.",
            ],
        ),

        Request::Donation { to: Charity::Customers, .. } => ask(
            INGRID,
            "donation/customer",
            &[
                "The rule on donations leaves a customer's charity to her.",
                "By the rule on donations, she decides where a customer is involved.",
            ],
        ),
        Request::Donation { to: Charity::Registered, .. } => yes(
            "donation/registered",
            &[
                "The rule on donations allows registered charities.",
                "By the rule on donations, a registered charity may receive it.",
            ],
        ),
        Request::Donation { cause: Need::Disaster, .. } => yes(
            "donation/disaster",
            &[
                "The rule on donations exempts help after a disaster.",
                "By the rule on donations, disaster relief needs no register.",
            ],
        ),
        Request::Donation { .. } => no(
            "donation/unregistered",
            &[
                "The rule on donations asks for a registered charity.",
                "By the rule on donations, an unregistered group receives nothing.",
            ],
        ),

        Request::Tool { form: Form::Installed, .. } => ask(
            KWAME,
            "tool/installed",
            &[
                "The rule on tools leaves everything that is installed to him.",
                "By the rule on tools, he installs them.",
            ],
        ),
        Request::Tool { data: Data::None, .. } => yes(
            "tool/no data",
            &[
                "The rule on tools allows those without personal data.",
                "By the rule on tools, one without personal data is free to use.",
            ],
        ),
        Request::Tool { tested: Tested::Yes, .. } => yes(
            "tool/tested",
            &[
                "The rule on tools allows personal data once IT has tested it.",
                "By the rule on tools, a tested one may hold personal data.",
            ],
        ),
        Request::Tool { .. } => no(
            "tool/untested",
            &[
                "The rule on tools keeps personal data out of untested ones.",
                "By the rule on tools, personal data needs a test first.",
            ],
        ),

        Request::Draw { players: Players::Children, .. } => no(
            "draw/children",
            &[
                "The rule on prize draws excludes children on their own.",
                "By the rule on prize draws, children do not play alone.",
            ],
        ),
        Request::Draw { players: Players::Class, .. } => yes(
            "draw/class",
            &[
                "The rule on prize draws admits children with their teacher.",
                "By the rule on prize draws, a class with its teacher may play.",
            ],
        ),
        Request::Draw { prize: Sum::Small(_), .. } => yes(
            "draw/small",
            &[
                "The rule on prize draws allows a prize of {eur}.",
                "By the rule on prize draws, a small prize for adults is fine.",
            ],
        ),
        Request::Draw { .. } => ask(
            TOBIAS,
            "draw/large",
            &[
                "The rule on prize draws leaves large prizes to him.",
                "By the rule on prize draws, he releases a prize of {eur}.",
            ],
        ),

        Request::Rivals { meeting: Meeting::Reception, .. } => yes(
            "rivals/reception",
            &[
                "The rule on competitors exempts receptions.",
                "By the rule on competitors, a reception needs no agenda.",
            ],
        ),
        Request::Rivals { agenda: Agenda::Prices, .. } => ask(
            INGRID,
            "rivals/prices",
            &[
                "The rule on competitors leaves any talk about prices to her.",
                "By the rule on competitors, she decides once prices are on the agenda.",
            ],
        ),
        Request::Rivals { agenda: Agenda::Written, .. } => yes(
            "rivals/written",
            &[
                "The rule on competitors is kept by the written agenda.",
                "By the rule on competitors, a written agenda is enough.",
            ],
        ),
        Request::Rivals { agenda: Agenda::Missing, .. } => no(
            "rivals/missing",
            &[
                "The rule on competitors asks for a written agenda.",
                "By the rule on competitors, nobody goes without an agenda.",
            ],
        ),

        Request::Sending { paper: Paper::Costs, .. } => ask(
            TOBIAS,
            "sending/costs",
            &[
                "The rule on papers leaves cost sheets to him.",
                "By the rule on papers, he sends cost sheets.",
            ],
        ),
        Request::Sending { agreement: Agreement::Signed, .. } => yes(
            "sending/signed",
            &[
                "The rule on papers is kept by the signed agreement.",
                "By the rule on papers, the signed agreement is enough.",
            ],
        ),
        Request::Sending { paper: Paper::Excerpt, .. } => yes(
            "sending/excerpt",
            &[
                "The rule on papers exempts excerpts.",
                "By the rule on papers, an excerpt needs no agreement.",
            ],
        ),
        Request::Sending { .. } => no(
            "sending/whole",
            &[
                "The rule on papers asks for a signed agreement first.",
                "By the rule on papers, a whole drawing needs an agreement.",
            ],
        ),

        Request::TestGoods { sum: Sum::Large(_), .. } => ask(
            TOBIAS,
            "test goods/dear",
            &[
                "The rule on test goods leaves {eur} to him.",
                "By the rule on test goods, he takes in the dear ones.",
            ],
        ),
        Request::TestGoods { fate: Fate::Back, .. } => yes(
            "test goods/back",
            &[
                "The rule on test goods is kept, as they go back.",
                "By the rule on test goods, what is sent back is no gift.",
            ],
        ),
        Request::TestGoods { fate: Fate::UsedUp, .. } => yes(
            "test goods/used up",
            &[
                "The rule on test goods exempts what the test uses up.",
                "By the rule on test goods, nothing is left of them to keep.",
            ],
        ),
        Request::TestGoods { fate: Fate::Kept, .. } => no(
            "test goods/kept",
            &[
                "The rule on test goods has them sent back.",
                "By the rule on test goods, we keep none of them.",
            ],
        ),

        Request::Extension { of: Paperwork::Authority, .. } => ask(
            INGRID,
            "extension/authority",
            &[
                "The rule on extensions leaves an authority's date to her.",
                "By the rule on extensions, she writes to authorities.",
            ],
        ),
        Request::Extension { count: Count::First, .. } => yes(
            "extension/first",
            &[
                "The rule on extensions grants the first.",
                "By the rule on extensions, everybody has a first one.",
            ],
        ),
        Request::Extension { why: Why::Ill, .. } => yes(
            "extension/ill",
            &[
                "The rule on extensions grants another in case of illness.",
                "By the rule on extensions, illness is a reason for more.",
            ],
        ),
        Request::Extension { .. } => no(
            "extension/second",
            &[
                "The rule on extensions grants no second.",
                "By the rule on extensions, a second one is refused.",
            ],
        ),

        Request::Device { content: Content::List, .. } => ask(
            KWAME,
            "device/list",
            &[
                "The rule on private devices leaves customer lists to him.",
                "By the rule on private devices, he decides about customer lists.",
            ],
        ),
        Request::Device { device: Device::Own, .. } => yes(
            "device/own",
            &[
                "The rule on private devices allows one that only you unlock.",
                "By the rule on private devices, your own code is enough.",
            ],
        ),
        Request::Device { content: Content::Calendar, .. } => yes(
            "device/calendar",
            &[
                "The rule on private devices exempts the calendar.",
                "By the rule on private devices, the calendar may be on a shared one.",
            ],
        ),
        Request::Device { .. } => no(
            "device/shared",
            &[
                "The rule on private devices keeps mail off shared ones.",
                "By the rule on private devices, a shared one holds no mail.",
            ],
        ),
    }
}

impl Request {
    fn roll(dice: &mut Dice) -> Self {
        match dice.count(1, 13) {
            1 => {
                let sum = if dice.chance(0.4) { Sum::small(dice) } else { Sum::middle(dice) };
                let code = *dice.pick(&[Code::Signed, Code::Missing, Code::Missing]);
                Self::Supplier {
                    code,
                    sum,
                    goods: *dice.pick(&[Goods::Plain, Goods::Plain, Goods::Plain, Goods::Hazardous]),
                }
            }
            2 => Self::Access {
                folder: *dice.pick(&[Folder::Own, Folder::Other, Folder::Other, Folder::Other, Folder::Pay]),
                term: *dice.pick(&[Term::Limited, Term::Open]),
            },
            3 => Self::Praise {
                of: *dice.pick(&[Praiser::Customer, Praiser::Customer, Praiser::Customer, Praiser::Office]),
                consent: *dice.pick(&[Consent::Written, Consent::Spoken, Consent::Spoken]),
                name: *dice.pick(&[Named::Full, Named::Full, Named::Nameless]),
            },
            4 => Self::Study(*dice.pick(&[
                Subject::Work,
                Subject::Figures,
                Subject::Published,
                Subject::Suppliers,
            ])),
            5 => {
                let percent = if dice.chance(0.3) { dice.from(3, 9) } else { dice.from(12, 45) };
                Self::PriceCut {
                    percent,
                    lamp: *dice.pick(&[Lamp::Current, Lamp::Current, Lamp::Discontinued]),
                    buyer: *dice.pick(&[Buyer::Private, Buyer::Private, Buyer::Private, Buyer::Public]),
                }
            }
            6 => Self::Donation {
                to: *dice.pick(&[
                    Charity::Registered,
                    Charity::Unregistered,
                    Charity::Unregistered,
                    Charity::Customers,
                ]),
                cause: *dice.pick(&[Need::Plain, Need::Plain, Need::Disaster]),
            },
            7 => Self::Tool {
                form: *dice.pick(&[Form::Web, Form::Web, Form::Web, Form::Installed]),
                data: *dice.pick(&[Data::None, Data::Personal, Data::Personal]),
                tested: *dice.pick(&[Tested::Yes, Tested::No, Tested::No]),
            },
            8 => {
                let prize = if dice.chance(0.5) { Sum::small(dice) } else { Sum::middle(dice) };
                Self::Draw {
                    players: *dice.pick(&[
                        Players::Adults,
                        Players::Adults,
                        Players::Children,
                        Players::Class,
                    ]),
                    prize,
                }
            }
            9 => Self::Rivals {
                meeting: *dice.pick(&[
                    Meeting::Working,
                    Meeting::Working,
                    Meeting::Working,
                    Meeting::Reception,
                ]),
                agenda: *dice.pick(&[Agenda::Written, Agenda::Missing, Agenda::Missing, Agenda::Prices]),
            },
            10 => Self::Sending {
                paper: *dice.pick(&[Paper::Drawing, Paper::Drawing, Paper::Excerpt, Paper::Costs]),
                agreement: *dice.pick(&[Agreement::Signed, Agreement::Missing, Agreement::Missing]),
            },
            11 => {
                let sum = match dice.weighted(&[2, 2, 1]) {
                    0 => Sum::small(dice),
                    1 => Sum::middle(dice),
                    _ => Sum::large(dice),
                };
                Self::TestGoods { fate: *dice.pick(&[Fate::Back, Fate::Kept, Fate::Kept, Fate::UsedUp]), sum }
            }
            12 => Self::Extension {
                count: *dice.pick(&[Count::First, Count::Second, Count::Second]),
                why: *dice.pick(&[Why::Plain, Why::Plain, Why::Ill]),
                of: *dice.pick(&[Paperwork::Ours, Paperwork::Ours, Paperwork::Ours, Paperwork::Authority]),
            },
            _ => Self::Device {
                device: *dice.pick(&[Device::Own, Device::Shared, Device::Shared]),
                content: *dice.pick(&[Content::Mail, Content::Mail, Content::Calendar, Content::List]),
            },
        }
    }
}

/// Careful, in whole sentences, with the rule.
fn say(decision: Decision, reason: &str) -> String {
    match decision {
        Decision::Yes => format!("Yes. {reason}"),
        Decision::No => format!("No. {reason}"),
        Decision::Ask(who) => format!("Please ask {who} first. {reason}"),
    }
}
