//! The building: keys, rooms, parking, waste, visitors, alarms.

use super::{Topic, free};

pub(super) static TOPICS: &[Topic] = &[
    Topic {
        title: "Keys and access",
        facts: &[
            free("the opening time of the street door", &["The street door opens by itself at {time}, before that you need a fob."], &["street door: unlocked from {time}, earlier only with a fob"], &["When does the street door open by itself?", "From what time is the street door unlocked?"], &["How early can I walk in without a fob?"], &["The street door opens by itself at {time}"], &["from {time}"], &["street door opening time", "door unlocked from"]),
            free("the price of a lost fob", &["A lost fob costs {eurs}; report it to {person} the same day."], &["lost fob: {eurs}, tell {person} the same day"], &["What does a lost fob cost, and whom do I tell?", "I lost my fob, what does it cost and who has to know?"], &["My fob's gone. How bad is it, and who do I own up to?"], &["A lost fob costs {eurs}, and {person} has to know the same day"], &["{eurs}, tell {person} the same day"], &["lost fob cost", "report lost fob"]),
            free("the place of the spare keys", &["Spare keys hang {spot}, the list is with {person}."], &["spare keys: {spot} (list: {person})"], &["Where do the spare keys hang?", "Where are the spare keys?"], &["I'm locked out, is there another set somewhere?"], &["The spare keys hang {spot}"], &["{spot}"], &["spare keys place", "where are spare keys"]),
            free("when the alarm arms itself", &["The alarm arms itself at {time}; whoever stays longer calls the guard on {ext}."], &["alarm on at {time}, staying longer: call {ext}"], &["When does the alarm arm itself?", "At what time does the alarm go on?"], &["How late can I stay before the siren goes?"], &["The alarm arms itself at {time}"], &["at {time}"], &["alarm arming time", "alarm on at"]),
            free("the extension of the night guard", &["The night guard answers on extension {ext}."], &["night guard: ext {ext}"], &["What is the extension of the night guard?", "How do I reach the night guard?"], &["Something's moving in the yard at 2 am, what do I dial?"], &["The night guard answers on extension {ext}"], &["ext {ext}"], &["night guard extension", "guard phone"]),
            free("whom to tell about working on a Saturday", &["To come in on a Saturday, tell {person} by {weekday} noon."], &["Saturdays: tell {person} by {weekday} noon"], &["Whom do I tell when I want to come in on a Saturday, and by when?"], &["I want to work at the weekend, who must know and by when?"], &["Tell {person} by {weekday} noon"], &["tell {person}, by {weekday} noon"], &["Saturday access request", "weekend entry who to tell"]),
        ],
    },
    Topic {
        title: "Meeting rooms",
        facts: &[
            free("how early rooms can be booked", &["Rooms can be booked up to {weeks} ahead, not longer."], &["booking: up to {weeks} ahead"], &["How far ahead can I book a meeting room?"], &["How early can I grab a room?"], &["Rooms can be booked up to {weeks} ahead"], &["up to {weeks} ahead"], &["meeting room booking weeks ahead", "book room how early"]),
            free("when an empty room is released", &["A room that stands empty for {mins} is given to others."], &["no-show: free again after {mins}"], &["After how long is an empty booked room given to others?"], &["I'm running late, how long do they hold my room?"], &["A room that stands empty for {mins} is given to others"], &["after {mins}"], &["room no-show release time", "empty booked room given to others"]),
            free("the room with the big screen", &["The big screen is in {room}; the cable is {spot}."], &["big screen: {room}, cable {spot}"], &["Which room has the big screen?", "Where is the big screen?"], &["I've got to show a film, where can I do that?"], &["The big screen is in {room}"], &["{room}"], &["room with big screen", "big screen"]),
            free("the longest booking", &["Nobody blocks a room for more than {hours} without asking {person}."], &["longest booking: {hours}, more only via {person}"], &["How long may I book a meeting room without asking?", "What is the longest room booking?"], &["Can I camp in a room all day, or what's the most?"], &["A room can be booked for {hours} without asking"], &["{hours}"], &["longest room booking", "meeting room maximum hours"]),
            free("the price of coffee for guests", &["Coffee for guests is ordered at {mail}, a jug is {eurs}."], &["coffee for guests: {mail}, {eurs} a jug"], &["What does a jug of coffee for guests cost?", "How much is coffee for guests?"], &["I've visitors and they want something hot, what does it cost us?"], &["Coffee for guests is {eurs} a jug"], &["{eurs} a jug"], &["coffee for guests price", "guest coffee jug cost"]),
        ],
    },
    Topic {
        title: "Parking and bikes",
        facts: &[
            free("the price of a parking space", &["A parking space costs {eurs} a month."], &["space: {eurs} a month"], &["What does a parking space cost?", "How much is a parking space a month?"], &["What do I pay to leave my car here?"], &["A parking space costs {eurs} a month"], &["{eurs} a month"], &["parking space price", "parking cost per month"]),
            free("how spaces are given out", &["Free spaces are drawn {freq}, the draw is run by {person}."], &["draw: {freq}, by {person}"], &["How often are free parking spaces drawn?", "When are parking spaces given out?"], &["When do I get a chance at a space again?"], &["Free parking spaces are drawn {freq}"], &["{freq}"], &["parking space draw", "parking spaces given out"]),
            free("which parking spaces are for visitors", &["Visitors use spaces {num} to {nn}."], &["visitors: spaces {num} to {nn}"], &["Which parking spaces are for visitors?"], &["My guest comes by car, where does she leave it?"], &["Visitors use spaces {num} to {nn}"], &["spaces {num} to {nn}"], &["visitor parking spaces", "parking for guests"]),
            free("where the bike pump is", &["A bike pump and tools are {spot}."], &["bike pump and tools: {spot}"], &["Where is the bike pump?"], &["I've got a flat, is there anything to fix it with?"], &["The bike pump is {spot}"], &["{spot}"], &["bike pump place", "bike tools"]),
            free("what charging a car costs", &["Charging a car costs {eurs} a night and ends at {time}."], &["charging: {eurs} a night, cable off at {time}"], &["What does charging a car cost?", "How much is charging an electric car at night?"], &["I want to plug in my car, what's the damage?"], &["Charging a car costs {eurs} a night"], &["{eurs} a night"], &["electric car charging cost", "car charging price"]),
            free("when abandoned bikes are removed", &["Bikes without air for {months} go to {company}."], &["dead bikes go to {company} after {months}"], &["After how long are abandoned bikes removed?"], &["My old bike just stands there, when is it gone?"], &["Bikes without air for {months} are removed"], &["after {months}"], &["abandoned bikes removed", "old bikes taken away after"]),
        ],
    },
    Topic {
        title: "Visitors",
        facts: &[
            free("where visitors are announced", &["Announce visitors at {mail} by {time} the day before."], &["announce at {mail}, by {time} the day before"], &["Where do I announce a visitor, and by when?"], &["Someone's dropping by tomorrow, who has to know and until when?"], &["Announce visitors at {mail} by {time} the day before"], &["at {mail}, by {time} the day before"], &["announce visitors address", "visitor registration deadline"]),
            free("the badge colour of visitors", &["Visitors wear a {colour} badge, contractors a {colour2} one."], &["badges: visitors {colour}, contractors {colour2}"], &["Which colour is the badge of visitors?", "What colour badge do visitors wear?"], &["How do I spot a guest in the hall?"], &["Visitors wear a {colour} badge"], &["{colour}"], &["visitor badge colour"]),
            free("how many visitors one may bring", &["One host takes at most {num} visitors through the hall."], &["at most {num} visitors per host"], &["How many visitors may one host take through the hall?"], &["Can I bring my whole choir for a tour, or what's the most?"], &["One host takes at most {num} visitors"], &["at most {num}"], &["visitors per host maximum", "tour group size"]),
            free("how long visitor sheets are kept", &["Visitor sheets are shredded after {weeks}."], &["visitor sheets: shredded after {weeks}"], &["When are visitor sheets shredded?"], &["How long do you hold on to my guest's name?"], &["Visitor sheets are shredded after {weeks}"], &["after {weeks}"], &["visitor sheets shredded", "visitor sheets kept how long"]),
        ],
    },
    Topic {
        title: "When water leaks",
        facts: &[
            free("where the main stopcock is", &["The main stopcock is {spot}; turn it clockwise."], &["main stopcock: {spot}, turn clockwise"], &["Where is the main stopcock?", "Where do I turn off the water?"], &["It's raining from the ceiling, where do I shut it off?"], &["The main stopcock is {spot}"], &["{spot}, turn it clockwise"], &["main stopcock place", "turn off water"]),
            free("the name of the plumber", &["The plumber is {company}, they come within {mins}."], &["plumber: {company}, within {mins}"], &["Which plumber do we call?", "Who is the plumber?"], &["There's a puddle in the kitchen, who comes?"], &["The plumber is {company}"], &["{company}"], &["plumber company", "water leak who to call"]),
            free("the customer number with the plumber", &["Give the plumber our customer number {code}."], &["our customer number there: {code}"], &["What is our customer number with the plumber?"], &["The pipe people ask who we are, what number do I say?"], &["Our customer number with the plumber is {code}"], &["{code}"], &["plumber customer number"]),
            free("where the wet vacuum is", &["The wet vacuum stands {spot}."], &["wet vacuum: {spot}"], &["Where is the wet vacuum?"], &["What do I mop up a flood with, and where is it?"], &["The wet vacuum is {spot}"], &["{spot}"], &["wet vacuum place"]),
            free("which fuse is switched off first", &["Before anything else, switch off fuse {code}."], &["first: fuse {code} off"], &["Which fuse is switched off first when water leaks?"], &["Water near the sockets, which switch do I flip?"], &["Switch off fuse {code} first"], &["fuse {code}"], &["water leak fuse", "switch off fuse first"]),
        ],
    },
    Topic {
        title: "Waste and recycling",
        facts: &[
            free("the day when paper is collected", &["Paper is collected on {weekday}, boxes have to be flat."], &["paper: {weekday}, boxes flat"], &["On which day is paper collected?"], &["When do the old boxes get picked up?"], &["Paper is collected on {weekday}"], &["{weekday}"], &["paper collection day", "paper waste day"]),
            free("where batteries go", &["Old batteries go into the {colour} tin {spot}."], &["batteries: {colour} tin {spot}"], &["Where do old batteries go?"], &["My mouse is dead and so are its cells, where do I chuck them?"], &["Old batteries go into the {colour} tin {spot}"], &["into the {colour} tin {spot}"], &["old batteries where", "battery disposal"]),
            free("the price of a skip", &["A skip from {company} costs {eurm} a week."], &["skip: {eurm} a week from {company}"], &["What does a skip cost a week?"], &["We're clearing out the cellar, what's a big bin going to cost?"], &["A skip costs {eurm} a week"], &["{eurm} a week"], &["skip rental price", "skip cost per week"]),
            free("who checks the bins", &["{person} checks the bins {freq}."], &["bins are checked by {person}, {freq}"], &["Who checks the bins?"], &["Who complains if I put glass in the wrong one?"], &["{person} checks the bins"], &["{person}"], &["who checks bins", "bins check"]),
        ],
    },
    Topic {
        title: "Kitchen rules",
        facts: &[
            free("when the fridge is cleared", &["The fridge is emptied on {weekday} at {time}; what has no name goes."], &["fridge: emptied {weekday} {time}"], &["When is the fridge emptied?"], &["When does my old yoghurt get thrown out?"], &["The fridge is emptied on {weekday} at {time}"], &["{weekday}, {time}"], &["fridge emptied when", "fridge cleaning day"]),
            free("the price of a coffee", &["A coffee is {eurs}, put the money into the tin with {animal} on it."], &["coffee: {eurs}, tin with {animal}"], &["What does a coffee cost?", "How much is a coffee from the kitchen?"], &["What do I owe for an espresso?"], &["A coffee is {eurs}"], &["{eurs}"], &["coffee price kitchen", "coffee cost"]),
            free("who descales the coffee machine", &["{person} descales the coffee machine {freq}."], &["descaling: {person}, {freq}"], &["Who descales the coffee machine, and how often?"], &["The brew tastes of chalk, who deals with that and how often?"], &["{person} descales the coffee machine {freq}"], &["{person}, {freq}"], &["coffee machine descaling", "who descales coffee machine"]),
            free("which mugs are washed by hand", &["The {colour} mugs are washed by hand, they belong to {person}."], &["{colour} mugs by hand, they are {person}'s"], &["Which mugs are washed by hand?"], &["Which cups shouldn't I put in the machine?"], &["The {colour} mugs are washed by hand"], &["the {colour} ones"], &["mugs washed by hand", "mugs not in dishwasher"]),
            free("how long tables can be reserved", &["Long tables can be reserved for {mins} at lunch."], &["long tables: reserve for {mins} at most"], &["For how long can a long table be reserved at lunch?"], &["How long can our group sit at the big one at noon?"], &["Long tables can be reserved for {mins} at lunch"], &["{mins}"], &["reserve long table lunch", "table reservation minutes"]),
        ],
    },
    Topic {
        title: "Fire and first aid",
        facts: &[
            free("where to meet in a fire", &["The meeting point in a fire is {room}, not the street."], &["meeting point: {room}"], &["Where is the meeting point in a fire?"], &["If it burns, where do we all go?"], &["The meeting point in a fire is {room}"], &["{room}"], &["fire meeting point", "assembly point"]),
            free("who the first aiders are", &["First aiders: {person} downstairs and {person2} upstairs."], &["first aiders: {person} (downstairs), {person2} (upstairs)"], &["Who are the first aiders?"], &["I cut my hand, who can patch me up?"], &["The first aiders are {person} downstairs and {person2} upstairs"], &["{person} downstairs, {person2} upstairs"], &["first aiders names", "first aid people"]),
            free("where the defibrillator is", &["The defibrillator hangs {spot}."], &["defibrillator: {spot}"], &["Where is the defibrillator?"], &["Somebody's heart stopped, where's the box?"], &["The defibrillator hangs {spot}"], &["{spot}"], &["defibrillator place"]),
            free("how long first aid courses are valid", &["First aid courses are valid for {years}."], &["courses valid {years}"], &["How long is a first aid course valid?"], &["When do I have to learn the bandages again?"], &["A first aid course is valid for {years}"], &["{years}"], &["first aid course valid years"]),
            free("the date of the next fire drill", &["The next fire drill is on {date} at {time}."], &["next drill: {date}, {time}"], &["When is the next fire drill?"], &["When do we all have to march out again for practice?"], &["The next fire drill is on {date} at {time}"], &["{date}, {time}"], &["next fire drill date", "fire drill when"]),
        ],
    },
];
