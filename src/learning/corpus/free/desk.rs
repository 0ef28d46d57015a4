//! Desks and computers, and how we write and look.

use super::{Topic, free};

pub(super) static TOPICS: &[Topic] = &[
    Topic {
        title: "Laptops and phones",
        facts: &[
            free("when a laptop is replaced", &["A laptop is replaced after {years}, not earlier."], &["laptop: new one after {years}"], &["After how long is a laptop replaced?"], &["My computer is ancient, when do I get a new one?"], &["A laptop is replaced after {years}"], &["after {years}"], &["laptop replaced after", "new laptop years"]),
            free("where broken devices go", &["Broken devices go to {person} in {room}."], &["broken devices: {person}, {room}"], &["Where do broken devices go?", "To whom do I bring a broken device, and where?"], &["My screen is cracked, who do I take it to?"], &["Broken devices go to {person} in {room}"], &["{person}, {room}"], &["broken devices to whom", "broken laptop where"]),
            free("the price for keeping an old phone", &["Old phones can be bought for {eurs}."], &["buy your old phone: {eurs}"], &["For how much can old phones be bought?"], &["Can I keep my old mobile, and what do you want for it?"], &["Old phones can be bought for {eurs}"], &["{eurs}"], &["buy old phone price", "old phone cost"]),
            free("where the spare laptops are", &["There are {num} spare laptops, they are {spot}."], &["spare laptops: {num}, {spot}"], &["How many spare laptops are there, and where?"], &["I left mine at home, can I borrow one somewhere?"], &["There are {num} spare laptops {spot}"], &["{num}, {spot}"], &["spare laptops number place", "borrow laptop"]),
            free("the extension of the help desk", &["The help desk answers {span} on extension {ext}."], &["help desk: ext {ext}, {span}"], &["What is the extension of the help desk, and when does it answer?"], &["Nothing works, who do I ring and until when?"], &["The help desk answers {span} on extension {ext}"], &["ext {ext}, {span}"], &["help desk extension hours", "help desk phone"]),
            free("the data limit abroad", &["Abroad the phone stops at {eurs} of data."], &["data abroad: stops at {eurs}"], &["At what amount does data abroad stop?"], &["How much can I surf outside the country before it cuts off?"], &["Abroad the phone stops at {eurs} of data"], &["{eurs}"], &["data abroad limit", "phone abroad stops at"]),
        ],
    },
    Topic {
        title: "Guest network",
        facts: &[
            free("the name of the guest network", &["The guest network is called {product}-guest."], &["network: {product}-guest"], &["What is the guest network called?"], &["My visitor wants to get online, which one does she pick?"], &["The guest network is called {product}-guest"], &["{product}-guest"], &["guest network name"]),
            free("how long a guest code is valid", &["A code is valid for {hours}, you get it from {person}."], &["code: valid {hours}, from {person}"], &["How long is a guest code valid, and who hands it out?"], &["Where does my guest get the thing to log in and how long does it work?"], &["A guest code is valid for {hours} and comes from {person}"], &["{hours}, from {person}"], &["guest code valid", "guest network code from"]),
            free("the speed of the guest network", &["Guests surf with {nn} megabits."], &["speed: {nn} megabits"], &["How fast is the guest network?"], &["Can my guest stream on your net, how quick is it?"], &["The guest network has {nn} megabits"], &["{nn} megabits"], &["guest network speed", "guest megabits"]),
        ],
    },
    Topic {
        title: "Logo use",
        facts: &[
            free("the smallest width of the logo", &["The logo is never smaller than {cm}."], &["smallest width: {cm}"], &["What is the smallest width of the logo?"], &["How tiny can I make our sign on a pen?"], &["The logo is never smaller than {cm}"], &["{cm}"], &["logo smallest width", "logo minimum size"]),
            free("the colour of the logo on dark ground", &["The logo is {colour} on light ground and {colour2} on dark."], &["{colour} on light, {colour2} on dark"], &["Which colour does the logo have on dark ground?"], &["My slide is black, what shade is our sign then?"], &["On dark ground the logo is {colour2}"], &["{colour2}"], &["logo colour dark ground", "logo on dark"]),
            free("who checks adverts", &["Adverts are seen by {person} first, the answer takes {wdays}."], &["adverts: first to {person}, answer in {wdays}"], &["Who sees adverts first, and how long does the answer take?"], &["I made a flyer, who has to look it over and how long do they need?"], &["Adverts are seen by {person} first, the answer takes {wdays}"], &["{person}, {wdays}"], &["adverts checked by", "advert approval time"]),
            free("where the logo files are", &["The files are on {site}."], &["files: {site}"], &["Where are the logo files?"], &["Where do I download our sign?"], &["The logo files are on {site}"], &["{site}"], &["logo files where", "logo download"]),
            free("when partners take the logo down", &["When a contract ends, partners take the logo off within {weeks}."], &["contract over: logo off within {weeks}"], &["Within what time do partners take the logo off when a contract ends?"], &["An ex-partner still shows our sign, how long may he?"], &["Partners take the logo off within {weeks}"], &["within {weeks}"], &["partners logo off after contract", "logo removal weeks"]),
        ],
    },
    Topic {
        title: "How we write",
        facts: &[
            free("how long a newsletter may be", &["A newsletter has at most {nnn} words."], &["newsletter: at most {nnn} words"], &["How many words may a newsletter have?"], &["How long can I ramble on in the mailing?"], &["A newsletter has at most {nnn} words"], &["at most {nnn} words"], &["newsletter maximum words", "newsletter length"]),
            free("who reads texts before print", &["Texts are read by {person} and {person2} before print."], &["before print: {person} and {person2} read"], &["Who reads texts before print?"], &["Who checks my spelling before it goes to the printers?"], &["Texts are read by {person} and {person2} before print"], &["{person} and {person2}"], &["texts read before print", "proofreading who"]),
            free("which old name we never write", &["We never write \"{product}\", the old name is gone since {month}."], &["never \"{product}\", gone since {month}"], &["Which old name do we never write?"], &["Which word gets me in trouble with marketing?"], &["We never write \"{product}\""], &["\"{product}\""], &["old name not used", "words we avoid"]),
            free("how fast mails are answered", &["Customers get an answer within {hours}."], &["answer customers within {hours}"], &["Within how many hours do customers get an answer?"], &["How long can I leave a client's mail lying about?"], &["Customers get an answer within {hours}"], &["within {hours}"], &["customers answered within hours", "answer time customer mail"]),
        ],
    },
    Topic {
        title: "Press",
        facts: &[
            free("who talks to the press", &["Only {person} talks to the press."], &["press: only {person}"], &["Who talks to the press?"], &["A reporter is on the line, who takes it?"], &["Only {person} talks to the press"], &["only {person}"], &["press contact", "who talks to press"]),
            free("when photos may be used", &["Photos may be used for {years}, then we ask again."], &["photos: {years}, then ask again"], &["For how long may photos be used?"], &["This shot is old, can I still print it?"], &["Photos may be used for {years}"], &["{years}"], &["photos used how long", "photo permission years"]),
            free("who looks after the press list", &["The press list is looked after by {company}, {eurm} a month."], &["press list: {company}, {eurm} a month"], &["Who looks after the press list, and for how much a month?"], &["Who has all the reporters' names and what do we pay them?"], &["The press list is looked after by {company} for {eurm} a month"], &["{company}, {eurm} a month"], &["press list company", "press list cost"]),
            free("when news of the fair may be told", &["News of the fair stays secret until {date}, {time}."], &["fair news: secret until {date}, {time}"], &["Until when does news of the fair stay secret?"], &["When can I finally blab about the fair?"], &["News of the fair stays secret until {date}, {time}"], &["until {date}, {time}"], &["fair news secret until", "embargo fair news"]),
        ],
    },
];
