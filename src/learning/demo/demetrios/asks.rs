//! How colleagues put their requests to Demetrios.

use super::{
    super::{
        Asked,
        words::{Sum, named},
    },
    Borrower, Cause, Cover, Due, End, Errand, Gift, Goods, Guest, Helper, Item, Light, News, Piece, Place,
    Request, Ride, Season, Shop, Slot, Supplier, Table, Time, Week, Whom,
};
use crate::learning::corpus::Dice;

/// Words a request; every way says all that decides.
pub(super) fn word(request: &Request, dice: &mut Dice) -> Asked {
    match *request {
        Request::Treat { sum, shop, table } => Asked {
            ways: &[
                "can i order {what} for {table}? {eur}, from {shop}.",
                "I would like to get {what} for {table}. It comes to {eur} at {shop}. Ok with you?",
                "for {table} we thought of {what}, {eur} in all, from {shop}. fine?",
                "We want {what} from {shop}, {eur} together, for {table}. May I?",
                "We are planning {table}. || Would {what} for {eur} be all right? It would come from {shop}.",
            ],
            slots: vec![
                (
                    "what",
                    dice.word(&[
                        "cake",
                        "pizza",
                        "sandwiches",
                        "a cold buffet",
                        "fruit and cheese",
                        "ice cream",
                    ])
                    .to_owned(),
                ),
                ("eur", sum.words(dice)),
                (
                    "shop",
                    match shop {
                        Shop::Known => {
                            named(dice, &["{n} as always", "our usual shop {n}", "{n}, where we always buy"])
                        }
                        Shop::New => named(
                            dice,
                            &[
                                "{n}, who are new to us",
                                "a new shop called {n}",
                                "{n}, where we never bought before",
                            ],
                        ),
                    },
                ),
                (
                    "table",
                    match table {
                        Table::Ours => dice.word(&[
                            "our monthly team meeting",
                            "the warehouse breakfast",
                            "our planning round",
                            "the lunch of our team",
                        ]),
                        Table::Partners => dice.word(&[
                            "the meeting with our partner shops",
                            "the visit of the partner shops",
                            "the lunch with two retail partners",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Booking { day, half, what } => Asked {
            ways: &[
                "can i book {what} for {day} {half}?",
                "I'd like to put {what} on {day} {half}. Does that suit you?",
                "would {day} {half} do for {what}?",
                "They offer {day} {half} for {what}. Shall I say yes?",
                "I am looking for a time for {what}. || How about {day} {half}?",
            ],
            slots: vec![
                (
                    "what",
                    match what {
                        Slot::Plain => dice.word(&[
                            "the window fitter",
                            "a chair delivery",
                            "the tasting with the caterer",
                            "a tour for new colleagues",
                            "a first look at the new stand",
                            "the sign painter",
                            "a talk with the florist",
                            "the piano tuner",
                            "a visit of the tent maker",
                            "the photographer",
                            "a look at the flag poles",
                            "the ladder training",
                            "a meeting about posters",
                            "the carpet cleaner",
                        ]),
                        Slot::Farewell => dice.word(&[
                            "a farewell coffee",
                            "the farewell of a colleague",
                            "a small farewell party",
                            "the farewell cake of our trainee",
                            "the farewell of our intern",
                            "a farewell lunch",
                            "the farewell drinks of a colleague",
                        ]),
                    }
                    .to_owned(),
                ),
                ("day", day.to_owned()),
                ("half", half.to_owned()),
            ],
        },
        Request::Moving { due, why } => Asked {
            ways: &[
                "can we move {event}? it is on {due} and {why}.",
                "Could we shift {event} to a later date? It is planned {due}, but {why}.",
                "I want to postpone {event}, which is {due}, because {why}. Ok?",
                "is it all right to move {event}? the date is {due}, and {why}.",
                "About {event}, it comes up {due}. || Now {why}. Can we move it?",
            ],
            slots: vec![
                (
                    "event",
                    dice.word(&[
                        "the bulb workshop",
                        "the summer barbecue",
                        "the packing workshop",
                        "the photo walk",
                        "the supplier breakfast",
                        "the quiz evening",
                        "the table tennis cup",
                    ])
                    .to_owned(),
                ),
                (
                    "due",
                    match due {
                        Due::Days(n) => format!("in {n} days"),
                        Due::Weeks(n) => format!("in {n} weeks"),
                    },
                ),
                (
                    "why",
                    match why {
                        Cause::Plain => dice.word(&[
                            "some would rather come later",
                            "few have signed up",
                            "it clashes with the stock count",
                            "the weather looks dull",
                            "another week would suit us better",
                        ]),
                        Cause::Ill => dice.word(&[
                            "the speaker is ill",
                            "the trainer is down with flu",
                            "the host got sick",
                            "whoever runs it has a fever",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Lending { item, to } => Asked {
            ways: &[
                "can {whom} borrow {item} next week?",
                "We were asked to lend {item} to {whom}. Is that ok?",
                "may i give {item} to {whom} for a few days?",
                "Would you lend {item} to {whom}?",
                "Somebody asked me about {item}. || It is for {whom}. Can they have it on loan?",
            ],
            slots: vec![
                (
                    "item",
                    match item {
                        Item::Plain => dice.word(&[
                            "the pavilion tent",
                            "the folding tables",
                            "the small projector",
                            "the cable reels",
                            "the flip chart",
                            "the standing lamps",
                            "the beer benches",
                        ]),
                        Item::Sound => {
                            dice.word(&["the sound system", "our sound system", "the big sound system"])
                        }
                    }
                    .to_owned(),
                ),
                (
                    "whom",
                    match to {
                        Borrower::Colleague => dice.word(&[
                            "the repair desk",
                            "our warehouse team",
                            "a colleague from sales",
                            "our product team",
                        ]),
                        Borrower::Outside => dice.word(&[
                            "a tennis club in town",
                            "the company next door",
                            "a band of a friend",
                            "the allotment club",
                            "a firm down the road",
                        ]),
                        Borrower::School => {
                            dice.word(&["the primary school", "a school class", "the school down the road"])
                        }
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Pitch { supplier, week } => Asked {
            ways: &[
                "Can {supplier} come and show us {goods} {week}?",
                "May I invite {supplier} to present {goods} {week}?",
                "somebody wants an hour {week} to show {goods}. it is {supplier}. do we let them?",
                "I have a request to present {goods} {week}. It comes from {supplier}. Shall I say yes?",
                "Somebody wants to show us {goods}. || It is {supplier}, and they would come {week}. Is that fine?",
            ],
            slots: vec![
                (
                    "supplier",
                    match supplier {
                        Supplier::Known => named(
                            dice,
                            &["our supplier {n}", "our old supplier {n}", "a supplier of ours called {n}"],
                        ),
                        Supplier::Unknown => named(
                            dice,
                            &[
                                "a firm called {n} that nobody here knows",
                                "an unknown firm called {n}",
                                "a new firm called {n} that nobody knows",
                            ],
                        ),
                        Supplier::Recommended => named(
                            dice,
                            &[
                                "a new firm called {n} that a partner shop recommended",
                                "an unknown firm called {n} that a partner recommended",
                                "a firm called {n} that a partner shop recommended",
                            ],
                        ),
                    },
                ),
                (
                    "goods",
                    dice.word(&[
                        "tablecloths",
                        "stand walls",
                        "name badges",
                        "coffee machines",
                        "posters",
                        "chairs",
                        "gift boxes",
                    ])
                    .to_owned(),
                ),
                (
                    "week",
                    match week {
                        Week::Plain => {
                            dice.word(&["next week", "the week after next", "early next month", "this week"])
                        }
                        Week::Fair => dice.word(&[
                            "in the fair week",
                            "in the week of the fair",
                            "during the fair week",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Guest(guest) => Asked {
            ways: &[
                "can i bring {guest} to {party}?",
                "Is there room for {guest} at {party}?",
                "I would like to come to {party} with {guest}. Fine with you?",
                "May {guest} join us at {party}?",
                "I have put my name down for {party}. || Could {guest} come along?",
            ],
            slots: vec![
                (
                    "guest",
                    match guest {
                        Guest::Family => dice.word(&[
                            "my wife",
                            "my husband",
                            "my two kids",
                            "my daughter",
                            "my parents",
                            "my son",
                            "my sister",
                            "my aunt",
                            "my twin brother",
                            "my grandmother",
                        ]),
                        Guest::Friend => dice.word(&[
                            "a friend of mine",
                            "my flatmate",
                            "an old school friend",
                            "my neighbour",
                            "a friend from the gym",
                            "a friend from my choir",
                            "my best friend",
                            "a friend who visits me",
                        ]),
                        Guest::Helper => dice.word(&[
                            "a friend who would help at the grill",
                            "a flatmate who would help to set up",
                            "a neighbour who would help with the benches",
                            "a friend who would help to clear up",
                            "a friend who would help to pour drinks",
                            "a neighbour who would help to carry things",
                        ]),
                        Guest::Customer => dice.word(&[
                            "a customer of ours",
                            "a customer from the north",
                            "a good customer",
                            "one of our customers",
                            "a new customer",
                            "a customer from the old town",
                            "a customer who likes our lamps",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "party",
                    dice.word(&[
                        "the summer barbecue",
                        "the yard party",
                        "the grill evening",
                        "the lantern evening",
                        "the garden lunch",
                        "the jazz evening",
                        "the harvest lunch",
                        "the ice cream afternoon",
                    ])
                    .to_owned(),
                ),
            ],
        },
        Request::Market { fee, season } => Asked {
            ways: &[
                "do we join {market}? it is {season}, and they say {fee}.",
                "I could sign us up for {market}, {season}. As far as I know {fee}. Shall I?",
                "How about a small stand at {market} {season}? I asked, {fee}.",
                "should we go to {market}? {fee}, and it would be {season}.",
                "We got an invitation to {market}. || It is {season}, and {fee}. Do we go?",
            ],
            slots: vec![
                (
                    "market",
                    named(
                        dice,
                        &[
                            "the craft market in {n}",
                            "the harbour market in {n}",
                            "the street fete in {n}",
                            "the light night in {n}",
                        ],
                    ),
                ),
                (
                    "season",
                    match season {
                        Season::Plain => {
                            dice.word(&["in spring", "in early summer", "in late November", "over Easter"])
                        }
                        Season::BeforeFair => dice.word(&[
                            "a week before the lamp fair",
                            "the weekend before the lamp fair",
                            "just before the lamp fair",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "fee",
                    match fee {
                        None => dice
                            .word(&["the pitch is free", "it costs nothing", "there is no fee"])
                            .to_owned(),
                        Some(sum) => format!(
                            "{} {}",
                            dice.word(&["the fee is", "the pitch costs", "it costs"]),
                            sum.words(dice)
                        ),
                    },
                ),
            ],
        },
        Request::Sponsoring { gift, whom } => Asked {
            ways: &[
                "can we give {gift} to {whom}? it is for their {fete}.",
                "May I promise {gift} to {whom} for their {fete}?",
                "i was asked for {gift} by {whom}, for their {fete}. ok?",
                "Would you support {whom} with {gift} for their {fete}?",
                "We got a letter from {whom}. || They would like {gift} for their {fete}. Do we?",
            ],
            slots: vec![
                (
                    "gift",
                    match gift {
                        Gift::Lamp => dice
                            .word(&["a lamp as a prize", "a Wren for the draw", "a lamp", "a reading lamp"])
                            .to_owned(),
                        Gift::Money => {
                            let sum = Sum::middle(dice).words(dice);
                            dice.word(&["some money", "{sum} in cash", "money, {sum},"])
                                .replace("{sum}", &sum)
                        }
                    },
                ),
                (
                    "whom",
                    match whom {
                        Whom::School => dice.word(&[
                            "the primary school",
                            "a kindergarten",
                            "the school at the harbour",
                            "the music school",
                        ]),
                        Whom::Club => dice.word(&[
                            "the rowing club",
                            "a handball club",
                            "the chess club",
                            "a sailing club",
                        ]),
                        Whom::ClubOfOurs => dice.word(&[
                            "the rowing club that a colleague is in",
                            "a handball club with a colleague on the team",
                            "the choir of a colleague",
                            "the sailing club of one of our people",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "fete",
                    dice.word(&["summer fete", "open day", "anniversary", "winter party", "quiz night"])
                        .to_owned(),
                ),
            ],
        },
        Request::Candles { light, place } => Asked {
            ways: &[
                "can we have {light} {place} at {event}?",
                "I want to put {light} {place} for {event}. All right?",
                "is it ok to have {light} {place}? it is for {event}.",
                "For {event} I thought of {light} {place}. May I?",
                "We are decorating for {event}. || Would {light} {place} be ok?",
            ],
            slots: vec![
                (
                    "light",
                    match light {
                        Light::Real => dice.word(&["real candles", "wax candles", "tea lights with a flame"]),
                        Light::Battery => {
                            dice.word(&["battery candles", "little battery lights", "candles with a battery"])
                        }
                        Light::Fire => dice.word(&["an open fire", "a small open fire", "an open fire bowl"]),
                    }
                    .to_owned(),
                ),
                (
                    "place",
                    match place {
                        Place::Inside => dice.word(&[
                            "inside on the tables",
                            "inside along the stairs",
                            "inside in the hall",
                        ]),
                        Place::Outside => dice.word(&[
                            "outside in the yard",
                            "outside by the gate",
                            "outside on the terrace",
                        ]),
                        Place::Cake => {
                            dice.word(&["on the cake", "on a birthday cake", "on top of the cake"])
                        }
                    }
                    .to_owned(),
                ),
                (
                    "event",
                    dice.word(&[
                        "the quiz evening",
                        "the partner breakfast",
                        "the summer party",
                        "the anniversary",
                        "the open stage",
                        "the harvest lunch",
                    ])
                    .to_owned(),
                ),
            ],
        },
        Request::Shift { who, cover } => Asked {
            ways: &[
                "{who} and on the set-up shift for {event}. Can I leave it out? Just so you know, {cover}.",
                "can i drop my set-up shift for {event}? {who}, and {cover}.",
                "About my set-up shift for {event}: {cover}. May I be taken off the list? {who}.",
                "I would like to get off the set-up list for {event}. {who} and {cover}. Ok?",
                "Hello, {who}. || I am down for the set-up of {event} and want to drop out, {cover}. Is that fine?",
            ],
            slots: vec![
                (
                    "who",
                    match who {
                        Helper::Colleague => dice.word(&[
                            "I am from sales",
                            "I am with the repair desk",
                            "I work in the web shop",
                            "I am from design",
                        ]),
                        Helper::Apprentice => dice.word(&[
                            "I am an apprentice",
                            "I am one of the apprentices",
                            "I am the new apprentice",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "cover",
                    match cover {
                        Cover::Found => dice.word(&[
                            "a colleague takes it",
                            "somebody agreed to take it",
                            "I found somebody who takes it",
                        ]),
                        Cover::Nobody => dice.word(&[
                            "nobody can take it so far",
                            "I found nobody to take it",
                            "nobody wants to take it",
                        ]),
                        Cover::IllChild => {
                            dice.word(&["my child is ill", "my kid is ill at home", "my little son is ill"])
                        }
                    }
                    .to_owned(),
                ),
                (
                    "event",
                    dice.word(&[
                        "the quiz evening",
                        "the market stand",
                        "the summer party",
                        "the lantern evening",
                        "the open stage",
                    ])
                    .to_owned(),
                ),
            ],
        },
        Request::Storing { what, time } => Asked {
            ways: &[
                "may i put {what} into the event store {time}?",
                "Is there space for {what} in the event store {time}?",
                "I need a corner of the event store for {what}, {time}. Ok?",
                "can {what} stay in the event store {time}?",
                "I was looking at the event store. || Could {what} go in there {time}?",
            ],
            slots: vec![
                (
                    "what",
                    match what {
                        Goods::Plain => dice.word(&[
                            "a bike box",
                            "some leaflets",
                            "a few old chairs",
                            "a spare shelf",
                            "the broken screens",
                            "my moving boxes",
                        ]),
                        Goods::Fair => dice.word(&[
                            "the fair crates",
                            "the walls for the fair",
                            "our fair banners",
                            "the carpet for the fair",
                        ]),
                        Goods::Burning => dice.word(&[
                            "some cans of lacquer",
                            "a can of petrol",
                            "gas bottles for the grill",
                            "lamp oil",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "time",
                    match time {
                        Time::Days(n) => format!("for {n} days"),
                        Time::Months(n) => format!("for {n} months"),
                    },
                ),
            ],
        },
        Request::Mail { day, what } => Asked {
            ways: &[
                "can i send a mail to everybody on {day}? it is about {what}.",
                "I would like to write to all staff on {day} about {what}. Fine?",
                "is a round mail about {what} ok on {day}?",
                "May I use the list of everybody on {day} for {what}?",
                "I have a mail to everybody ready, it is about {what}. || Can it go out on {day}?",
            ],
            slots: vec![
                ("day", day.to_owned()),
                (
                    "what",
                    match what {
                        News::Plain => dice.word(&[
                            "the new coat rack",
                            "the kitchen survey",
                            "the stock count",
                            "the lunch menu",
                            "the new door bell",
                            "the tea list",
                            "the shoe rack",
                            "the new plates",
                            "the choir in the hall",
                            "the fire drill photos",
                        ]),
                        News::Found => dice.word(&[
                            "an umbrella that was found",
                            "a found scarf",
                            "keys found in the yard",
                            "a bracelet that was found",
                            "a found glove",
                            "a phone found on the stairs",
                        ]),
                        News::Private => dice.word(&[
                            "selling my old sofa",
                            "letting my flat",
                            "a concert of my band",
                            "selling my used bike",
                            "giving away my kittens",
                            "my yoga class",
                        ]),
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Bike { why, time } => Asked {
            ways: &[
                "can i take the cargo bike {time} {why}?",
                "I need the cargo bike {time}, {why}. Is that all right?",
                "Is the cargo bike free {time}? I would use it {why}.",
                "may i have the cargo bike {why}? {time} would do.",
                "I saw the cargo bike is not booked. || Could I have it {time} {why}?",
            ],
            slots: vec![
                (
                    "why",
                    match why {
                        Errand::Ours => dice.word(&[
                            "to fetch flowers for our stand",
                            "to take our parcels to the post",
                            "to pick up cups for our lunch",
                            "to fetch our banners from the printer",
                            "to bring our tent to the yard",
                            "to get drinks for our meeting",
                        ]),
                        Errand::Private => dice.word(&[
                            "to get a shelf for my kitchen",
                            "for a trip to the lake with my family",
                            "to bring my fridge to my sister",
                            "to fetch my garden chairs",
                            "for a picnic with my kids",
                            "to bring my old bed to the dump",
                            "to buy plants for my balcony",
                        ]),
                        Errand::Moving => dice.word(&[
                            "because I am moving house",
                            "for moving to my new flat",
                            "to move house",
                        ]),
                    }
                    .to_owned(),
                ),
                (
                    "time",
                    match time {
                        Ride::Afternoon => {
                            dice.word(&["for an afternoon", "this afternoon", "tomorrow afternoon"])
                        }
                        Ride::Weekend => {
                            dice.word(&["over the weekend", "for the whole weekend", "this weekend"])
                        }
                    }
                    .to_owned(),
                ),
            ],
        },
        Request::Furniture { piece, sum, end } => Asked {
            ways: &[
                "may i buy {piece} from the old stand {end}? i would pay {eur}.",
                "I would give {eur} for {piece} of the old stand. I want it {end}. Deal?",
                "is {piece} from the old stand for sale? i would take it {end} and pay {eur}.",
                "Could I have {piece} of the old stand for {eur}? It is {end}.",
                "The old stand is being cleared. || Can I buy {piece} for {eur}, {end}?",
            ],
            slots: vec![
                (
                    "piece",
                    match piece {
                        Piece::Whole => dice.word(&[
                            "the round table",
                            "a bar stool",
                            "the long shelf",
                            "the counter",
                            "the glass case",
                            "the coat stand",
                        ]),
                        Piece::Broken => dice.word(&[
                            "the broken counter",
                            "a broken bar stool",
                            "the broken shelf",
                            "the broken glass case",
                        ]),
                    }
                    .to_owned(),
                ),
                ("eur", sum.words(dice)),
                (
                    "end",
                    match end {
                        End::Home => dice.word(&[
                            "for my kitchen",
                            "for my home",
                            "for our living room",
                            "for my balcony",
                        ]),
                        End::Resale => {
                            dice.word(&["to sell it on", "to sell it online", "to sell it at a flea market"])
                        }
                    }
                    .to_owned(),
                ),
            ],
        },
    }
}
