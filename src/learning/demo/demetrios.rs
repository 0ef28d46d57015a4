//! How Demetrios decides about events and the office, and how he says so.

mod asks;

use super::{Decision, Rules, Ruling, Talk, ask, no, words::Sum, yes};
use crate::learning::corpus::Dice;

pub(super) static RULES: Rules = Rules {
    id: "demetrios",
    name: "Demetrios",
    channel: "events-and-office",
    deciders: &["Tobias", "Ingrid", "Mattis"],
    request: |dice| {
        let request = Request::roll(dice);
        (decide(&request), asks::word(&request, dice))
    },
    say,
    talk: &[
        Talk {
            messages: &[
                "Thanks for your help with {thing}, it went well.",
                "What a nice job on {thing}.",
                "everybody liked {thing}. thanks for that.",
                "I wanted to say that {thing} was lovely.",
            ],
            replies: &["glad it went well", "nice to hear that", "happy that you liked it"],
        },
        Talk {
            messages: &["I am off now. See you at {thing}.", "See you at {thing}, have a good evening."],
            replies: &["see you there then", "good evening, see you there"],
        },
        Talk {
            messages: &[
                "do you know who paid for {thing} ten years ago?",
                "What was the weather like at {thing} back then?",
                "which radio station told people about {thing}?",
                "Who had the idea for {thing} in the first place?",
            ],
            replies: &["that's not in my notes", "that's not in my notes, sorry"],
        },
    ],
    things: &[
        "the quiz evening",
        "the summer party",
        "the market stand",
        "the breakfast",
        "the photo walk",
        "the lantern evening",
        "the tour",
        "the open stage",
        "the harvest lunch",
    ],
};

/// What he is asked, with all that decides about it. Each variant says its rule.
#[derive(Debug, Clone, Copy)]
enum Request {
    /// Food below 100 EUR is fine and above is not, except for partners; a shop that is new goes to Tobias.
    Treat { sum: Sum, shop: Shop, table: Table },
    /// Any half day is fine but Friday afternoon; a farewell may have even that.
    Booking { day: &'static str, half: &'static str, what: Slot },
    /// A date moves when it is weeks away and stays when it is days away, unless somebody is ill.
    Moving { due: Due, why: Cause },
    /// Things are lent to colleagues, not outside, except to schools; the sound system goes to Mattis.
    Lending { item: Item, to: Borrower },
    /// Suppliers may present, unknown ones only when a partner recommends them, nobody in the fair week.
    Pitch { supplier: Supplier, week: Week },
    /// Family may come to the party, friends only when they help; customers go to Ingrid.
    Guest(Guest),
    /// We join markets, but not just before the fair unless it is free; from 1,000 EUR on Tobias is asked.
    Market { fee: Option<Sum>, season: Season },
    /// A lamp for schools, not for clubs unless a colleague is in it; money goes to Ingrid.
    Sponsoring { gift: Gift, whom: Whom },
    /// Real candles outside only, except on a cake; lights with a battery anywhere; open fire goes to Mattis.
    Candles { light: Light, place: Place },
    /// A set-up shift is left when somebody takes it, or a child is ill; apprentices go to Mattis.
    Shift { who: Helper, cover: Cover },
    /// Things are stored for days, not months, except for the fair; what burns goes to Mattis.
    Storing { what: Goods, time: Time },
    /// Mail to everybody from Monday to Thursday, on Fridays only about found things, never for private ends.
    Mail { day: &'static str, what: News },
    /// The bike for our errands at any time, privately for an afternoon, for a weekend only to move house.
    Bike { why: Errand, time: Ride },
    /// Old stand pieces for one's home, not to sell on unless broken; from 100 EUR on Tobias is asked.
    Furniture { piece: Piece, sum: Sum, end: End },
}

#[derive(Debug, Clone, Copy)]
enum Shop {
    Known,
    New,
}
#[derive(Debug, Clone, Copy)]
enum Table {
    Ours,
    Partners,
}
#[derive(Debug, Clone, Copy)]
enum Slot {
    Plain,
    Farewell,
}
#[derive(Debug, Clone, Copy)]
enum Due {
    Days(u32),
    Weeks(u32),
}
#[derive(Debug, Clone, Copy)]
enum Cause {
    Plain,
    Ill,
}
#[derive(Debug, Clone, Copy)]
enum Item {
    Plain,
    Sound,
}
#[derive(Debug, Clone, Copy)]
enum Borrower {
    Colleague,
    Outside,
    School,
}
#[derive(Debug, Clone, Copy)]
enum Supplier {
    Known,
    Unknown,
    Recommended,
}
#[derive(Debug, Clone, Copy)]
enum Week {
    Plain,
    Fair,
}
#[derive(Debug, Clone, Copy)]
enum Guest {
    Family,
    Friend,
    Helper,
    Customer,
}
#[derive(Debug, Clone, Copy)]
enum Season {
    Plain,
    BeforeFair,
}
#[derive(Debug, Clone, Copy)]
enum Gift {
    Lamp,
    Money,
}
#[derive(Debug, Clone, Copy)]
enum Whom {
    School,
    Club,
    ClubOfOurs,
}
#[derive(Debug, Clone, Copy)]
enum Light {
    Real,
    Battery,
    Fire,
}
#[derive(Debug, Clone, Copy)]
enum Place {
    Inside,
    Outside,
    Cake,
}
#[derive(Debug, Clone, Copy)]
enum Helper {
    Colleague,
    Apprentice,
}
#[derive(Debug, Clone, Copy)]
enum Cover {
    Found,
    Nobody,
    IllChild,
}
#[derive(Debug, Clone, Copy)]
enum Goods {
    Plain,
    Fair,
    Burning,
}
#[derive(Debug, Clone, Copy)]
enum Time {
    Days(u32),
    Months(u32),
}
#[derive(Debug, Clone, Copy)]
enum News {
    Plain,
    Found,
    Private,
}
#[derive(Debug, Clone, Copy)]
enum Errand {
    Ours,
    Private,
    Moving,
}
#[derive(Debug, Clone, Copy)]
enum Ride {
    Afternoon,
    Weekend,
}
#[derive(Debug, Clone, Copy)]
enum Piece {
    Whole,
    Broken,
}
#[derive(Debug, Clone, Copy)]
enum End {
    Home,
    Resale,
}

const TOBIAS: &str = "Tobias";
const INGRID: &str = "Ingrid";
const MATTIS: &str = "Mattis";

/// His rules; the first line that fits decides.
fn decide(request: &Request) -> Ruling {
    match request {
        Request::Treat { shop: Shop::New, .. } => ask(
            TOBIAS,
            "treat/new shop",
            &["we never bought from them", "that shop is new to us", "he wants to see new shops"],
        ),
        Request::Treat { sum: Sum::Small(_), .. } => yes(
            "treat/small",
            &[
                "{eur} is small and we know the shop",
                "a small round from a shop we know",
                "that is small enough",
            ],
        ),
        Request::Treat { table: Table::Partners, .. } => yes(
            "treat/partners",
            &[
                "with partners at the table that is fine",
                "for partners we can spend {eur}",
                "it is for partners",
            ],
        ),
        Request::Treat { .. } => no(
            "treat/large",
            &[
                "{eur} is too much among ourselves",
                "too much for just us",
                "that is too dear without partners",
            ],
        ),

        Request::Booking { what: Slot::Plain, day: "Friday", half: "afternoon" } => no(
            "booking/friday afternoon",
            &[
                "nothing on a friday afternoon",
                "friday afternoons stay free",
                "we keep friday afternoons clear",
            ],
        ),
        Request::Booking { what: Slot::Farewell, day: "Friday", half: "afternoon" } => yes(
            "booking/farewell",
            &["a farewell may have the friday afternoon", "for a farewell even friday afternoon is fine"],
        ),
        Request::Booking { .. } => {
            yes("booking/other", &["{day} {half} is fine", "{day} {half} works", "put it on {day} {half}"])
        }

        Request::Moving { due: Due::Weeks(_), .. } => yes(
            "moving/far",
            &["there is time to tell everybody", "it is far enough away", "that far ahead we can move it"],
        ),
        Request::Moving { why: Cause::Ill, .. } => yes(
            "moving/ill",
            &[
                "when somebody is ill we move, even this late",
                "being ill is reason enough",
                "nobody can help being ill",
            ],
        ),
        Request::Moving { .. } => no(
            "moving/close",
            &["too close now, people have planned it", "it is only days away", "that is too late to move it"],
        ),

        Request::Lending { item: Item::Sound, .. } => ask(
            MATTIS,
            "lending/sound",
            &["the sound system is his", "he looks after the sound", "nobody lends the sound but him"],
        ),
        Request::Lending { to: Borrower::Colleague, .. } => yes(
            "lending/colleague",
            &["it stays in the house", "our own people may have it", "among us any time"],
        ),
        Request::Lending { to: Borrower::School, .. } => yes(
            "lending/school",
            &["schools may borrow from us", "for a school we do that", "it is for a school"],
        ),
        Request::Lending { to: Borrower::Outside, .. } => no(
            "lending/outside",
            &["we do not lend outside", "things stay in the house", "not to people outside"],
        ),

        Request::Pitch { week: Week::Fair, .. } => no(
            "pitch/fair week",
            &["nobody has time in the fair week", "the fair week is for the fair", "not in the fair week"],
        ),
        Request::Pitch { supplier: Supplier::Known, .. } => {
            yes("pitch/known", &["we buy from them already", "they are ours anyway", "we know them"])
        }
        Request::Pitch { supplier: Supplier::Recommended, .. } => yes(
            "pitch/recommended",
            &["a partner shop spoke for them", "recommended is good enough", "if a partner recommends them"],
        ),
        Request::Pitch { supplier: Supplier::Unknown, .. } => no(
            "pitch/unknown",
            &["we do not know them", "no hour for unknown firms", "nobody spoke for them"],
        ),

        Request::Guest(Guest::Family) => {
            yes("guest/family", &["family is welcome", "family always", "there is room for family"])
        }
        Request::Guest(Guest::Helper) => yes(
            "guest/helper",
            &["who helps may come", "helping hands are welcome", "if they help they eat with us"],
        ),
        Request::Guest(Guest::Friend) => {
            no("guest/friend", &["family only", "friends would be too many", "just us and our families"])
        }
        Request::Guest(Guest::Customer) => ask(
            INGRID,
            "guest/customer",
            &["she invites customers herself", "customers are hers to invite", "that is a customer"],
        ),

        Request::Market { fee: Some(Sum::Large(_)), .. } => ask(
            TOBIAS,
            "market/dear",
            &["that fee is his to allow", "{fee} is past what i sign", "a fee like that goes by him"],
        ),
        Request::Market { fee: None, season: Season::BeforeFair } => yes(
            "market/free",
            &[
                "for free even before the fair",
                "it costs nothing, so even then",
                "free is worth it, fair or not",
            ],
        ),
        Request::Market { season: Season::BeforeFair, .. } => no(
            "market/before fair",
            &["we need everybody for the fair then", "too near the fair", "not right before the fair"],
        ),
        Request::Market { season: Season::Plain, .. } => yes(
            "market/plain",
            &["the fair is far off", "we have the people then", "that is a good time for us"],
        ),

        Request::Sponsoring { gift: Gift::Money, .. } => ask(
            INGRID,
            "sponsoring/money",
            &["money is hers to give", "she decides about money for others", "that is money"],
        ),
        Request::Sponsoring { whom: Whom::School, .. } => yes(
            "sponsoring/school",
            &["a lamp for children is fine", "schools get a lamp", "for children we do that"],
        ),
        Request::Sponsoring { whom: Whom::ClubOfOurs, .. } => yes(
            "sponsoring/club of ours",
            &["somebody of us is in it", "for a club of a colleague", "a colleague is with them"],
        ),
        Request::Sponsoring { whom: Whom::Club, .. } => {
            no("sponsoring/club", &["nobody of us is in it", "no lamps for clubs", "clubs ask too often"])
        }

        Request::Candles { light: Light::Fire, .. } => ask(
            MATTIS,
            "candles/fire",
            &["open fire is his call", "he has to see any fire", "he knows about fire"],
        ),
        Request::Candles { light: Light::Battery, .. } => {
            yes("candles/battery", &["those do not burn", "a battery is safe anywhere", "no flame, no worry"])
        }
        Request::Candles { place: Place::Cake, .. } => yes(
            "candles/cake",
            &["a cake needs its candles", "on a cake it is fine", "a cake is quickly blown out"],
        ),
        Request::Candles { place: Place::Outside, .. } => yes(
            "candles/outside",
            &["outside it is fine", "out there they may burn", "in the open air, gladly"],
        ),
        Request::Candles { place: Place::Inside, .. } => no(
            "candles/inside",
            &["no flames inside", "nothing burns indoors", "inside take ones with a battery"],
        ),

        Request::Shift { who: Helper::Apprentice, .. } => ask(
            MATTIS,
            "shift/apprentice",
            &["he plans the apprentices", "apprentices are his", "for apprentices he decides"],
        ),
        Request::Shift { cover: Cover::Found, .. } => yes(
            "shift/covered",
            &["somebody takes it, all good", "the shift is covered", "you found a stand-in"],
        ),
        Request::Shift { cover: Cover::IllChild, .. } => yes(
            "shift/ill child",
            &[
                "stay with your child, i find somebody",
                "a child comes first",
                "an ill child goes before any shift",
            ],
        ),
        Request::Shift { cover: Cover::Nobody, .. } => no(
            "shift/nobody",
            &["find somebody first", "not while nobody takes it", "the shift would be empty"],
        ),

        Request::Storing { what: Goods::Burning, .. } => ask(
            MATTIS,
            "storing/burning",
            &["that burns", "he says where things that burn go", "things that burn are his"],
        ),
        Request::Storing { what: Goods::Fair, .. } => yes(
            "storing/fair",
            &["the store is for the fair", "fair things may stay as long as they like", "it is for the fair"],
        ),
        Request::Storing { time: Time::Days(_), .. } => yes(
            "storing/short",
            &["for that short time it is fine", "a few days are no trouble", "short is fine"],
        ),
        Request::Storing { time: Time::Months(_), .. } => {
            no("storing/long", &["that is too long", "the store is no attic", "not for months"])
        }

        Request::Mail { what: News::Private, .. } => {
            no("mail/private", &["not for private things", "nothing private to everybody", "that is private"])
        }
        Request::Mail { what: News::Found, .. } => yes(
            "mail/found",
            &["found things may go out any day", "somebody misses it", "for found things always"],
        ),
        Request::Mail { day: "Friday", .. } => no(
            "mail/friday",
            &["no round mail on fridays", "nobody reads it on a friday", "wait until monday"],
        ),
        Request::Mail { .. } => {
            yes("mail/other", &["{day} is fine", "on {day} people read it", "send it on {day}"])
        }

        Request::Bike { why: Errand::Ours, .. } => {
            yes("bike/ours", &["it is for us", "that is what the bike is for", "for our errands always"])
        }
        Request::Bike { time: Ride::Afternoon, .. } => yes(
            "bike/afternoon",
            &["for an afternoon it is fine", "an afternoon is no trouble", "if it is back by evening"],
        ),
        Request::Bike { why: Errand::Moving, .. } => yes(
            "bike/moving",
            &["for moving house you may", "you are moving, take it", "a move is a good reason"],
        ),
        Request::Bike { .. } => no(
            "bike/weekend",
            &[
                "not privately over a weekend",
                "the bike stays here at weekends",
                "too long for a private trip",
            ],
        ),

        Request::Furniture { piece: Piece::Broken, .. } => yes(
            "furniture/broken",
            &["broken ones may go anywhere", "it is broken anyway", "glad when the broken one goes"],
        ),
        Request::Furniture { end: End::Resale, .. } => {
            no("furniture/resale", &["not to sell it on", "only for your own home", "we do not feed a shop"])
        }
        Request::Furniture { sum: Sum::Small(_), .. } => yes(
            "furniture/home",
            &["for your home, gladly", "it goes to a good home", "nice, for {eur} it is yours"],
        ),
        Request::Furniture { .. } => ask(
            TOBIAS,
            "furniture/dear",
            &["he sells the dear pieces", "{eur} goes through his books", "that piece is worth a bit"],
        ),
    }
}

impl Request {
    fn roll(dice: &mut Dice) -> Self {
        const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
        match dice.count(1, 14) {
            1 => {
                let sum = if dice.chance(0.4) { Sum::small(dice) } else { Sum::middle(dice) };
                let shop = *dice.pick(&[Shop::Known, Shop::Known, Shop::Known, Shop::New]);
                Self::Treat { sum, shop, table: *dice.pick(&[Table::Ours, Table::Ours, Table::Partners]) }
            }
            2 => {
                let what = *dice.pick(&[Slot::Plain, Slot::Plain, Slot::Farewell]);
                let (day, half) = if dice.chance(0.6) {
                    ("Friday", "afternoon")
                } else {
                    (dice.word(DAYS), dice.word(&["morning", "afternoon"]))
                };
                Self::Booking { day, half, what }
            }
            3 => {
                let due =
                    if dice.chance(0.65) { Due::Days(dice.from(2, 6)) } else { Due::Weeks(dice.from(3, 9)) };
                Self::Moving { due, why: *dice.pick(&[Cause::Plain, Cause::Plain, Cause::Ill]) }
            }
            4 => Self::Lending {
                item: *dice.pick(&[Item::Plain, Item::Plain, Item::Plain, Item::Sound]),
                to: *dice.pick(&[
                    Borrower::Colleague,
                    Borrower::Outside,
                    Borrower::Outside,
                    Borrower::School,
                ]),
            },
            5 => Self::Pitch {
                supplier: *dice.pick(&[Supplier::Known, Supplier::Unknown, Supplier::Recommended]),
                week: *dice.pick(&[Week::Plain, Week::Plain, Week::Fair]),
            },
            6 => Self::Guest(*dice.pick(&[Guest::Family, Guest::Friend, Guest::Helper, Guest::Customer])),
            7 => {
                let fee = match dice.weighted(&[3, 4, 3]) {
                    0 => None,
                    1 => Some(Sum::middle(dice)),
                    _ => Some(Sum::large(dice)),
                };
                Self::Market {
                    fee,
                    season: *dice.pick(&[Season::Plain, Season::BeforeFair, Season::BeforeFair]),
                }
            }
            8 => Self::Sponsoring {
                gift: *dice.pick(&[Gift::Lamp, Gift::Lamp, Gift::Money]),
                whom: *dice.pick(&[Whom::School, Whom::Club, Whom::Club, Whom::ClubOfOurs]),
            },
            9 => Self::Candles {
                light: *dice.pick(&[Light::Real, Light::Real, Light::Real, Light::Battery, Light::Fire]),
                place: *dice.pick(&[Place::Inside, Place::Inside, Place::Outside, Place::Cake]),
            },
            10 => Self::Shift {
                who: *dice.pick(&[Helper::Colleague, Helper::Colleague, Helper::Apprentice]),
                cover: *dice.pick(&[Cover::Found, Cover::Nobody, Cover::IllChild]),
            },
            11 => {
                let time = if dice.chance(0.4) {
                    Time::Days(dice.from(2, 6))
                } else {
                    Time::Months(dice.from(3, 9))
                };
                Self::Storing {
                    what: *dice.pick(&[Goods::Plain, Goods::Plain, Goods::Fair, Goods::Burning]),
                    time,
                }
            }
            12 => {
                let day = if dice.chance(0.5) { "Friday" } else { dice.word(DAYS) };
                Self::Mail { day, what: *dice.pick(&[News::Plain, News::Plain, News::Found, News::Private]) }
            }
            13 => Self::Bike {
                why: *dice.pick(&[Errand::Ours, Errand::Private, Errand::Private, Errand::Moving]),
                time: *dice.pick(&[Ride::Afternoon, Ride::Weekend, Ride::Weekend]),
            },
            _ => {
                let sum = if dice.chance(0.5) { Sum::small(dice) } else { Sum::middle(dice) };
                let piece = *dice.pick(&[Piece::Whole, Piece::Whole, Piece::Whole, Piece::Broken]);
                Self::Furniture { piece, sum, end: *dice.pick(&[End::Home, End::Home, End::Resale]) }
            }
        }
    }
}

/// Short, warm and in lower case.
fn say(decision: Decision, reason: &str) -> String {
    let reason = reason.to_lowercase();
    match decision {
        Decision::Yes => format!("yes, {reason}"),
        Decision::No => format!("no, {reason}"),
        Decision::Ask(who) => format!("ask {} first, {reason}", who.to_lowercase()),
    }
}
