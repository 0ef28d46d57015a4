//! People: leave, sickness, remote work, probation, learning.

use super::{Topic, free};

pub(super) static TOPICS: &[Topic] = &[
    Topic {
        title: "Annual leave",
        facts: &[
            free("the number of leave days", &["Everyone has {nn} days of leave a year."], &["{nn} days a year"], &["How many days of leave are there a year?", "How many leave days do we have?"], &["How much holiday do I get?", "How long can I laze about in a year?"], &["Everyone has {nn} days of leave a year"], &["{nn} days a year"], &["leave days per year", "annual leave number of days"]),
            free("how many leave days carry over", &["Up to {num} days carry over, they have to be taken by {date}."], &["carry over: up to {num} days, take them by {date}"], &["How many leave days carry over, and until when?"], &["I have holiday left, can I keep it for next year?"], &["Up to {num} days carry over, to be taken by {date}"], &["up to {num} days, by {date}"], &["leave days carry over", "carry over leave until"]),
            free("how early leave is asked for", &["Ask for more than a week of leave at least {weeks} ahead."], &["more than a week: ask {weeks} ahead"], &["How early do I ask for more than a week of leave?"], &["I want to go away for ages, how soon do I say so?"], &["More than a week of leave is asked for at least {weeks} ahead"], &["{weeks} ahead"], &["ask for leave weeks ahead", "leave request how early"]),
            free("the closing days", &["The office is closed from {date} to {date2}."], &["closed: {date} to {date2}"], &["When is the office closed?", "From when to when is the office closed?"], &["Which days does nobody have to come in at all?"], &["The office is closed from {date} to {date2}"], &["{date} to {date2}"], &["office closed dates", "closing days"]),
            free("special leave for moving", &["For moving house you get {num} days off."], &["moving house: {num} days"], &["How many days off are there for moving house?"], &["I'm changing flats, do I get time for that?"], &["For moving house there are {num} days off"], &["{num} days"], &["moving house days off", "special leave moving"]),
        ],
    },
    Topic {
        title: "Sick leave",
        facts: &[
            free("by when one calls in sick", &["Call in sick by {time} on extension {ext}."], &["call in by {time}, ext {ext}"], &["By when do I call in sick, and on which extension?"], &["I feel awful, until what hour do I tell you and where?"], &["Call in sick by {time} on extension {ext}"], &["by {time}, ext {ext}"], &["call in sick time", "sick call extension"]),
            free("when a doctor's note is needed", &["From day {num} on a doctor's note is needed, it goes to {mail}."], &["doctor's note: from day {num}, to {mail}"], &["From which day on is a doctor's note needed?"], &["How long can I stay in bed without seeing someone in white?"], &["A doctor's note is needed from day {num} on"], &["from day {num}"], &["doctor's note needed from day", "sick note day"]),
            free("the rule for sick children", &["For a sick child there are {nn} days a year."], &["sick child: {nn} days a year"], &["How many days a year are there for a sick child?"], &["My kid has a fever, can I stay home and how often?"], &["For a sick child there are {nn} days a year"], &["{nn} days a year"], &["sick child days", "days off sick child"]),
            free("the talk after a long absence", &["After {weeks} away {person} invites you for a talk."], &["after {weeks} away: talk with {person}"], &["After how long an absence is there a talk, and with whom?"], &["I was out for ages, does anyone want to sit down with me?"], &["After {weeks} away there is a talk with {person}"], &["after {weeks}, with {person}"], &["talk after long absence", "return talk sick leave"]),
        ],
    },
    Topic {
        title: "Remote work",
        facts: &[
            free("the number of remote days", &["Up to {num} days a week may be worked from home."], &["at most {num} days a week from home"], &["How many days a week may I work from home?"], &["How often can I stay on my sofa with the laptop?"], &["Up to {num} days a week may be worked from home"], &["up to {num} days a week"], &["remote days per week", "work from home days"]),
            free("the day when everybody is in the office", &["Everybody is in on {weekday}."], &["office day for all: {weekday}"], &["On which day is everybody in the office?"], &["Which day can't I stay at home?"], &["Everybody is in on {weekday}"], &["{weekday}"], &["office day for everybody", "all in office weekday"]),
            free("the hours one can be reached", &["At home you can be reached {span}."], &["reachable {span}"], &["During which hours must I be reachable at home?"], &["When do I have to pick up, sitting at home?"], &["At home people can be reached {span}"], &["{span}"], &["reachable hours at home", "home office hours"]),
            free("working from abroad", &["Working from abroad is limited to {nn} days a year and needs the ok of {person}."], &["abroad: {nn} days a year, ok from {person}"], &["How many days a year may I work from abroad?"], &["Can I log in from the beach, and for how long?"], &["Working from abroad is limited to {nn} days a year"], &["{nn} days a year, with the ok of {person}"], &["work from abroad days", "remote work abroad limit"]),
            free("the money for a desk at home", &["For a desk at home there are {eurm}, once."], &["desk at home: {eurm} once"], &["How much is paid for a desk at home?"], &["Do they chip in for furniture at my place?"], &["For a desk at home there are {eurm}, once"], &["{eurm}, once"], &["home desk money", "desk at home allowance"]),
        ],
    },
    Topic {
        title: "New people",
        facts: &[
            free("what happens on the first day", &["On the first day come at {time} and ask for {person}."], &["first day: {time}, ask for {person}"], &["At what time do new people come on the first day, and whom do they ask for?"], &["I'm brand new, when do I show up and who gets me?"], &["On the first day come at {time} and ask for {person}"], &["{time}, ask for {person}"], &["first day arrival time", "new people first day"]),
            free("the length of probation", &["Probation lasts {months}, with a talk after {weeks}."], &["probation: {months}, talk after {weeks}"], &["How long does probation last?", "How long is probation?"], &["How long until I can relax about being kicked out?"], &["Probation lasts {months}"], &["{months}"], &["probation length", "probation months"]),
            free("the buddy for new people in {dept}", &["In {dept} the buddy for new people is {person}."], &["buddy in {dept}: {person}"], &["Who is the buddy for new people in {dept}?"], &["I've just joined {dept}, who shows me the ropes?"], &["In {dept} the buddy is {person}"], &["{person}"], &["{dept} buddy new people", "buddy in {dept}"]),
            free("the referral bonus", &["Whoever brings a new colleague gets {eurm} after {months}."], &["bringing a colleague: {eurm} after {months}"], &["How much do I get for bringing a new colleague, and when?"], &["My friend would fit here, what's in it for me?"], &["Bringing a new colleague is worth {eurm}, after {months}"], &["{eurm} after {months}"], &["bring new colleague bonus", "bonus for bringing colleague"]),
            free("the welcome parcel", &["The welcome parcel is handed out in {room} on {weekday}."], &["welcome parcel: {room}, {weekday}"], &["Where is the welcome parcel handed out, and on which day?"], &["Where do I get my free mug and stuff, and when?"], &["The welcome parcel is handed out in {room} on {weekday}"], &["{room}, {weekday}"], &["welcome parcel where", "welcome parcel handed out"]),
        ],
    },
    Topic {
        title: "Learning",
        facts: &[
            free("the learning budget", &["Each person may spend {eurm} a year on courses."], &["{eurm} per person and year for courses"], &["How much may each person spend on courses a year?"], &["Can I take a class on your tab, up to what?"], &["Each person may spend {eurm} a year on courses"], &["{eurm} a year"], &["courses money per person", "yearly learning budget"]),
            free("when course money is paid back", &["Leaving within {months} of a course means paying back {pct}."], &["leaving within {months}: pay back {pct}"], &["What has to be paid back when leaving soon after a course?"], &["I took a class and want to quit, do I owe anything?"], &["Leaving within {months} of a course means paying back {pct}"], &["{pct}, within {months}"], &["pay back course leaving", "course money paid back"]),
            free("how long books are lent out", &["Books are lent out for {weeks}, write your name in the {colour} list."], &["books: {weeks}, name in the {colour} list"], &["For how long are books lent out?"], &["How long can I hang on to a book?"], &["Books are lent out for {weeks}"], &["{weeks}"], &["books lent out for", "library loan weeks"]),
            free("where the lunch talks are", &["Lunch talks are in {room}, {freq}."], &["lunch talks: {freq}, {room}"], &["Where are the lunch talks, and how often?"], &["Where can I hear someone speak while I eat, and when?"], &["Lunch talks are in {room}, {freq}"], &["{room}, {freq}"], &["lunch talks where how often", "lunch talk room"]),
        ],
    },
];
