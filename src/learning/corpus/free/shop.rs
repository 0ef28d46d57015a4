//! Workshop, store, machines and customers.

use super::{Topic, free};

pub(super) static TOPICS: &[Topic] = &[
    Topic {
        title: "Workshop rules",
        facts: &[
            free("who may use the big saw", &["Only {person} and {person2} use the big saw."], &["big saw: {person} and {person2} only"], &["Who may use the big saw?"], &["I need a plank cut, who can do that?"], &["Only {person} and {person2} use the big saw"], &["{person} and {person2}"], &["big saw who may use", "saw permission"]),
            free("the noise limit", &["From {nn} decibels on wear ear plugs, they are {spot}."], &["ear plugs from {nn} decibels, {spot}"], &["From how many decibels are ear plugs worn?"], &["How loud must it be before I stuff my ears?"], &["Ear plugs are worn from {nn} decibels on"], &["from {nn} decibels"], &["ear plugs decibels", "noise limit workshop"]),
            free("when machines are cleaned", &["Machines are swept on {weekday}, the last {mins} of the shift."], &["sweep: {weekday}, last {mins}"], &["On which day are machines swept?"], &["When do we grab the brooms?"], &["Machines are swept on {weekday}"], &["{weekday}, the last {mins} of the shift"], &["machines swept weekday", "workshop cleaning day"]),
            free("where varnish is kept", &["Varnish stays {spot}, never more than {nn} litres."], &["varnish: {spot}, at most {nn} litres"], &["Where is the varnish, and how much at most?"], &["Where do I put the sticky stuff and how much of it?"], &["Varnish stays {spot}, at most {nn} litres"], &["{spot}, at most {nn} litres"], &["varnish place", "varnish maximum litres"]),
            free("the torque for the frame", &["Bolts of the frame get {nn} newton metres, the feet {num}."], &["torque: frame {nn} newton metres, feet {num}"], &["How many newton metres do the bolts of the frame get?"], &["How hard do I crank the screws on the frame?"], &["The bolts of the frame get {nn} newton metres"], &["{nn} newton metres"], &["frame bolts torque", "newton metres frame"]),
        ],
    },
    Topic {
        title: "Stock and store",
        facts: &[
            free("the day when everything is counted", &["Everything is counted on {date}, the store stays shut."], &["count: {date}, store shut"], &["When is everything counted?"], &["When do we have to go through all the shelves?"], &["Everything is counted on {date}"], &["{date}"], &["stock count date", "everything counted when"]),
            free("when screws are reordered", &["Screws are reordered below {nnn} boxes, glue below {num}."], &["reorder: screws below {nnn} boxes, glue below {num}"], &["Below how many boxes are screws reordered?"], &["When do I get more screws in?"], &["Screws are reordered below {nnn} boxes"], &["below {nnn} boxes"], &["screws reorder level", "reorder screws boxes"]),
            free("where the spare glass is", &["Spare glass is in row {code}, handle with {thing}."], &["spare glass: row {code}, with {thing}"], &["In which row is the spare glass?"], &["A pane broke, where's another?"], &["Spare glass is in row {code}"], &["row {code}"], &["spare glass row", "where is spare glass"]),
            free("how long tools are lent out", &["Tools are lent out for {dayn}, {person} keeps the book."], &["tools: {dayn}, book with {person}"], &["For how long are tools lent out, and who keeps the book?"], &["Can I take the drill home, how long and who do I tell?"], &["Tools are lent out for {dayn}, and {person} keeps the book"], &["{dayn}, tell {person}"], &["tools lent out days", "tool loan"]),
            free("how high pallets are stacked", &["Pallets are stacked {num} high at most, the {colour} ones not at all."], &["pallets: {num} high, {colour} ones never"], &["How high may pallets be stacked?"], &["How tall can my tower of pallets be?"], &["Pallets are stacked {num} high at most"], &["{num} high"], &["pallets stacked height", "pallet stacking limit"]),
        ],
    },
    Topic {
        title: "Complaints",
        facts: &[
            free("how fast complaints are answered", &["A complaint gets a first answer within {hours}."], &["first answer: {hours}"], &["Within what time does a complaint get a first answer?"], &["Someone is furious, how long have I got to reply?"], &["A complaint gets a first answer within {hours}"], &["within {hours}"], &["complaint first answer time", "complaint answered within"]),
            free("what support may give away", &["Support may give vouchers up to {eurs} without asking."], &["vouchers up to {eurs}: no ok needed"], &["Up to what amount may support give vouchers?"], &["How much can I hand out to calm somebody down?"], &["Support may give vouchers up to {eurs}"], &["up to {eurs}"], &["support vouchers limit", "voucher amount without asking"]),
            free("who takes the hard cases", &["Hard cases go to {person}, with the tag {code}."], &["hard cases: {person}, tag {code}"], &["To whom do hard cases go, and with which tag?"], &["I can't calm this one down, who gets it and how do I mark it?"], &["Hard cases go to {person} with the tag {code}"], &["{person}, tag {code}"], &["hard cases to whom", "hard complaints tag"]),
            free("the share of complaints", &["Last year {pct} of the orders led to a complaint."], &["last year: {pct} of the orders"], &["What share of the orders led to a complaint last year?"], &["How bad were we last year, in numbers?"], &["Last year {pct} of the orders led to a complaint"], &["{pct}"], &["complaints share last year", "orders with complaint percent"]),
        ],
    },
    Topic {
        title: "Samples",
        facts: &[
            free("how many samples a shop gets", &["A shop gets {num} samples a year for free, each more costs {eurs}."], &["{num} samples a year free, each more {eurs}"], &["How many free samples does a shop get a year?"], &["A dealer wants freebies, how many?"], &["A shop gets {num} samples a year for free"], &["{num} a year"], &["free samples per shop", "samples a year"]),
            free("who packs the samples", &["{person} packs samples on {weekday}."], &["packing: {person}, {weekday}"], &["Who packs the samples, and on which day?"], &["Who wraps up the freebies and when?"], &["{person} packs samples on {weekday}"], &["{person}, {weekday}"], &["samples packed by", "who packs samples"]),
            free("when samples come back", &["Loan samples come back after {weeks}, otherwise we bill {eurm}."], &["loans: back after {weeks}, otherwise {eurm}"], &["When do loan samples come back, and what do we bill otherwise?"], &["A dealer still has our loaner, how long may he and what then?"], &["Loan samples come back after {weeks}, otherwise we bill {eurm}"], &["after {weeks}, otherwise {eurm}"], &["loan samples back after", "loan samples billed"]),
        ],
    },
    Topic {
        title: "Company band",
        facts: &[
            free("where the band rehearses", &["The band plays in {room}, {freq}."], &["rehearsal: {room}, {freq}"], &["Where does the band rehearse, and how often?"], &["Where's that noise from, and when is it on?"], &["The band rehearses in {room}, {freq}"], &["{room}, {freq}"], &["band rehearsal", "band rehearses where"]),
            free("who plays the drums", &["{person} plays the drums, {person2} sings."], &["drums: {person}, voice: {person2}"], &["Who plays the drums in the band?"], &["Who's hitting things in the band?"], &["{person} plays the drums"], &["{person}"], &["band drums", "who plays drums"]),
            free("when the band plays next", &["The next concert is on {date} at {street}."], &["next concert: {date}, {street}"], &["When is the next concert of the band, and where?"], &["When can I hear them live, and where?"], &["The next concert is on {date} at {street}"], &["{date}, {street}"], &["band next concert", "concert date place"]),
        ],
    },
];
