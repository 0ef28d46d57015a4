//! Work: on call, data, releases, projects, meetings.

use super::{Topic, free};

pub(super) static TOPICS: &[Topic] = &[
    Topic {
        title: "On-call phone",
        facts: &[
            free("how fast one calls back", &["Pick up or call back within {mins}."], &["call back within {mins}"], &["Within what time does the person on call have to call back?"], &["How quickly do I have to react to the red phone?"], &["The person on call calls back within {mins}"], &["within {mins}"], &["on call call back time", "on-call reaction time"]),
            free("who is called when nobody answers", &["If nobody answers after {num} tries, {person} is called."], &["no answer after {num} tries: {person}"], &["Who is called when nobody on call answers, and after how many tries?"], &["The red phone just rings, who's next?"], &["After {num} tries {person} is called"], &["{person}, after {num} tries"], &["nobody answers on call", "on call second in line"]),
            free("where the on-call phone is at night", &["At night the phone lies {spot}."], &["the phone lies {spot} at night"], &["Where is the on-call phone at night?"], &["Where do I grab the red phone after hours?"], &["At night the on-call phone lies {spot}"], &["{spot}"], &["on-call phone place night", "where is on-call phone"]),
            free("what may be spent on call", &["Repairs up to {eurm} need nobody's ok at night."], &["repairs up to {eurm}: no ok needed"], &["Up to what amount may repairs be ordered on call without an ok?"], &["Can I just call a locksmith at night, up to what price?"], &["Repairs up to {eurm} need nobody's ok at night"], &["up to {eurm}"], &["on call repairs limit", "night repairs without approval"]),
            free("whom to tell about a swap", &["Swaps are told to {person} by {weekday}."], &["swaps: tell {person} by {weekday}"], &["Whom do I tell about a swap, and by when?"], &["I can't do my week, who do I tell and until when?"], &["Swaps are told to {person} by {weekday}"], &["{person}, by {weekday}"], &["on-call swap tell who", "swap on-call week"]),
        ],
    },
    Topic {
        title: "Customer data",
        facts: &[
            free("how long addresses are kept", &["Addresses are deleted {months} after the last order."], &["addresses: deleted {months} after the last order"], &["When are customer addresses deleted?"], &["How long do we hang on to where people live?"], &["Addresses are deleted {months} after the last order"], &["{months} after the last order"], &["customer addresses deleted", "address retention months"]),
            free("how fast requests are answered", &["Whoever asks what we hold about them gets an answer within {dayn}; forward it to {person}."], &["data request: answer within {dayn}, forward to {person}"], &["Within what time is a data request answered, and who gets it?"], &["A client wants to know what's stored on him, who handles it and how fast?"], &["A data request goes to {person} and is answered within {dayn}"], &["to {person}, answer within {dayn}"], &["data request answer time", "customer data request forward"]),
            free("how long applications are kept", &["Applications are kept for {weeks} after the decision."], &["applications: {weeks} after the decision"], &["How long are applications kept?"], &["I turned someone down, when does their CV go?"], &["Applications are kept for {weeks} after the decision"], &["{weeks} after the decision"], &["applications kept how long", "application retention"]),
            free("whom to tell about a leak", &["If data went to the wrong person, call {person} at once, extension {ext}."], &["data to the wrong person: call {person}, ext {ext}"], &["Whom do I call when data went to the wrong person?"], &["I sent a list to the wrong guy, who do I ring?"], &["Call {person} at once on extension {ext}"], &["{person}, ext {ext}"], &["data to wrong person call", "data leak contact"]),
            free("where lists may be stored", &["Customer lists are stored on {site} only."], &["lists: only on {site}"], &["Where may customer lists be stored?"], &["Can I keep the client list on my stick, or where?"], &["Customer lists are stored on {site} only"], &["only on {site}"], &["customer lists storage", "where to store customer lists"]),
        ],
    },
    Topic {
        title: "Releases",
        facts: &[
            free("the release day", &["New versions go out on {weekday} at {time}."], &["release: {weekday} {time}"], &["When do new versions go out?"], &["When does the new stuff land?"], &["New versions go out on {weekday} at {time}"], &["{weekday}, {time}"], &["new versions release day", "release time weekday"]),
            free("who can stop a release", &["{person} can stop a release until {time}."], &["stop: {person}, until {time}"], &["Who can stop a release, and until when?"], &["It's all broken, who can pull the plug and until when?"], &["{person} can stop a release until {time}"], &["{person}, until {time}"], &["who can stop release", "stop release until"]),
            free("when the freeze is", &["Nothing is changed between {date} and {date2}."], &["freeze: {date} to {date2}"], &["When is the freeze?", "Between which days is nothing changed?"], &["When should I keep my hands off the system?"], &["The freeze is between {date} and {date2}"], &["{date} to {date2}"], &["release freeze dates", "nothing changed between"]),
            free("what share of the customers gets a new version first", &["At first only {pct} of the customers get a new version."], &["first step: {pct} of the customers"], &["What share of the customers gets a new version first?"], &["How many are guinea pigs for a new build?"], &["At first {pct} of the customers get it"], &["{pct} of the customers"], &["new version first share of customers", "staged release percent"]),
            free("when we go back to the old version", &["With more than {nn} errors an hour we go back to the old version."], &["more than {nn} errors an hour: back to the old version"], &["With how many errors an hour do we go back to the old version?"], &["How bad must it get before we roll back?"], &["With more than {nn} errors an hour we go back"], &["more than {nn} errors an hour"], &["errors per hour go back", "rollback error limit"]),
        ],
    },
    Topic {
        title: "Meetings",
        facts: &[
            free("when the morning round is", &["The morning round is at {time} in {room}, standing."], &["morning round: {time}, {room}"], &["When and where is the morning round?"], &["When do we all stand around, and where?"], &["The morning round is at {time} in {room}"], &["{time}, {room}"], &["morning round time place", "morning round"]),
            free("who writes the minutes", &["{person} writes the minutes, they are out within {hours}."], &["minutes: {person}, within {hours}"], &["Who writes the minutes?"], &["Who jots things down when we talk?"], &["{person} writes the minutes"], &["{person}"], &["minutes writer", "who writes minutes"]),
            free("which day has no meetings", &["No meetings on {weekday}."], &["no meetings: {weekday}"], &["On which day are there no meetings?"], &["Which day do people leave me in peace?"], &["There are no meetings on {weekday}"], &["{weekday}"], &["day without meetings", "no meetings weekday"]),
            free("when topics are due", &["Topics for the big round go to {mail} by {weekday}."], &["topics: {mail}, by {weekday}"], &["Where do topics for the big round go, and by when?"], &["I want to bring something up with everyone, where does it go and until when?"], &["Topics go to {mail} by {weekday}"], &["{mail}, by {weekday}"], &["topics for big round", "big round agenda deadline"]),
        ],
    },
    Topic {
        title: "Shipping",
        facts: &[
            free("when parcels are picked up", &["{company} picks parcels up at {time}."], &["pick-up: {time}, {company}"], &["When are parcels picked up?", "At what time is the parcel pick-up?"], &["Until when can I throw a box into the post room?"], &["{company} picks parcels up at {time}"], &["{time}"], &["parcel pick-up time", "parcels picked up when"]),
            free("the limit for free shipping", &["Orders above {eurm} ship free of charge."], &["free from {eurm}"], &["From what order value is shipping free?"], &["How much must a client spend so that we pay the postage?"], &["Orders above {eurm} ship free of charge"], &["above {eurm}"], &["free shipping order value", "shipping free from"]),
            free("how long goods can be returned", &["Goods come back within {dayn}, customers use code {code}."], &["returns: {dayn}, code {code}"], &["How long can goods be returned?"], &["A buyer changed her mind, how long has she got?"], &["Goods can be returned within {dayn}"], &["within {dayn}"], &["returns how long", "goods returned within days"]),
            free("the heaviest parcel", &["A parcel weighs {kg} at most, heavier things go by {company}."], &["at most {kg} per parcel, heavier: {company}"], &["How heavy may a parcel be, and who takes heavier things?"], &["My box is a monster, what's the most and who takes it otherwise?"], &["A parcel weighs {kg} at most, heavier things go by {company}"], &["{kg}, heavier by {company}"], &["parcel maximum weight", "heavy parcel carrier"]),
            free("our customs number", &["Our customs number is {code}."], &["customs number: {code}"], &["What is our customs number?"], &["The border people want a number from us, which one?"], &["Our customs number is {code}"], &["{code}"], &["customs number"]),
        ],
    },
];
