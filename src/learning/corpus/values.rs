//! Values by kind: amounts, dates, places, codes and whatever else a fact may hold.

use std::collections::BTreeSet;

use super::{dice::Dice, names::Pool};

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ROOMS: &[&str] = &[
    "room 204",
    "room 3.17",
    "the Kiln room",
    "the Harbour room",
    "the canteen",
    "the attic",
    "the Birch room",
    "the library",
    "the east wing",
    "the training room",
    "the old foundry",
    "room B12",
    "the roof terrace",
    "the boardroom",
    "the Heron room",
    "the back office",
    "hall 2",
    "the showroom",
    "the courtyard",
    "the glass room",
];
const SPOTS: &[&str] = &[
    "in the grey cabinet next to the printer",
    "behind the boiler room",
    "in the top drawer at reception",
    "on the shelf above the fridge",
    "in the basement, bay 4",
    "under the stairs by the north door",
    "in the safe of the finance office",
    "next to the loading dock",
    "in the blue box in the post room",
    "on hook 7 in the key cupboard",
    "in the server room, rack 2",
    "at the gatehouse",
    "in the cupboard outside the lab",
    "beside the goods lift",
    "in locker 19",
    "on the top floor, opposite the lift",
    "in the red folder at the front desk",
    "behind the curtain in the showroom",
    "in the shed near the bike racks",
    "on the second shelf of the paint store",
];
const COLOURS: &[&str] = &[
    "dark green",
    "sky blue",
    "brick red",
    "mustard yellow",
    "light grey",
    "black",
    "ivory",
    "petrol",
    "orange",
    "silver",
    "navy",
    "copper",
    "white",
    "plum",
    "sand",
];
const THINGS: &[&str] = &[
    "safety shoes",
    "your badge",
    "a warm jacket",
    "a signed waiver",
    "your laptop",
    "an ID card",
    "ear plugs",
    "a water bottle",
    "the printed ticket",
    "closed shoes",
    "a notebook",
    "rain gear",
    "your headset",
    "gloves",
];
const FOODS: &[&str] = &[
    "lentil soup and bread",
    "a cold buffet",
    "pizza",
    "three vegetarian dishes",
    "coffee and cake",
    "sandwiches",
    "a barbecue",
    "fruit and pretzels",
    "a four-course menu",
    "pancakes",
    "curry with rice",
    "tea and biscuits",
];
const GROUPS: &[&str] = &[
    "interns",
    "temporary staff",
    "the night shift",
    "contractors",
    "the field team",
    "people on probation",
    "the Monday crew",
    "part-time staff",
    "board members",
    "apprentices",
    "freelancers",
    "new starters",
];
const DEPTS: &[&str] = &[
    "finance",
    "sales",
    "support",
    "logistics",
    "marketing",
    "design",
    "quality",
    "purchasing",
    "legal",
    "payroll",
    "research",
    "facilities",
];
const MATERIALS: &[&str] = &[
    "brushed steel",
    "oak",
    "recycled plastic",
    "felt",
    "aluminium",
    "birch plywood",
    "cork",
    "glass",
    "linen",
    "powder-coated iron",
    "ash wood",
    "rubber",
];
const FORMATS: &[&str] = &[
    "PDF",
    "a spreadsheet",
    "CSV",
    "a slide deck",
    "a short summary",
    "plain text",
    "XML",
    "a signed scan",
    "PNG",
    "an odt file",
];
const FUELS: &[&str] =
    &["diesel", "electricity", "petrol", "natural gas", "compressed air", "batteries", "hydrogen"];
const LANGUAGES: &[&str] = &[
    "English",
    "German",
    "Polish",
    "French",
    "Spanish",
    "Dutch",
    "Italian",
    "Czech",
    "Portuguese",
    "Swedish",
];
const FREQUENCIES: &[&str] = &[
    "every second Tuesday",
    "once a month",
    "every Friday",
    "twice a year",
    "every quarter",
    "on the first Monday of the month",
    "every six weeks",
    "three times a week",
    "every working day",
    "once a year in March",
    "every Wednesday and Friday",
    "on the last Thursday of the month",
    "every ten days",
    "at the end of each quarter",
];
const FLOORS: &[&str] = &[
    "the ground floor",
    "the second floor",
    "the third floor",
    "the top floor",
    "the fifth floor",
    "level 4",
    "the mezzanine",
];
const ANIMALS: &[&str] =
    &["a heron", "a fox", "an owl", "a whale", "a hedgehog", "a swan", "a bear", "a beetle", "a hare"];

/// Rolls a value for the slot `name` that was not used before, and marks it as used.
pub(super) fn fresh(dice: &mut Dice, pool: Pool, name: &str, used: &mut BTreeSet<String>) -> String {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut value = roll(dice, pool, kind);
    for _ in 0..40 {
        // A value inside another would let a wrong answer pass for a right one.
        if !used.iter().any(|known| overlap(known, &value)) {
            break;
        }
        value = roll(dice, pool, kind);
    }
    used.insert(value.clone());
    value
}

fn overlap(known: &str, value: &str) -> bool {
    known == value || (known.len().min(value.len()) >= 4 && (known.contains(value) || value.contains(known)))
}

fn roll(dice: &mut Dice, pool: Pool, kind: &str) -> String {
    match kind {
        "person" => pool.person(dice),
        "first" => pool.first(dice),
        "company" => pool.company(dice),
        "city" => pool.town(dice),
        "product" => pool.coined(dice),
        "eurs" => small_money(dice),
        "eurm" => {
            let step = *dice.pick(&[5, 10, 50]);
            money(dice, step, 40)
        }
        "eurl" => money(dice, 250, 180),
        "pct" => percent(dice),
        "date" => date(dice),
        "weekday" => dice.word(WEEKDAYS).to_owned(),
        "month" => dice.word(MONTHS).to_owned(),
        "year" => dice.from(2023, 2029).to_string(),
        "time" => time(dice),
        "span" => span(dice),
        "wdays" => format!("{} working days", dice.from(2, 25)),
        "dayn" => format!("{} days", dice.from(3, 90)),
        "weeks" => format!("{} weeks", dice.from(2, 16)),
        "months" => format!("{} months", dice.from(2, 36)),
        "years" => format!("{} years", dice.from(2, 12)),
        "mins" => format!("{} minutes", dice.from(1, 18) * 5),
        "hours" => hours(dice),
        "km" => format!("{} km", dice.from(3, 180)),
        "ext" => dice.from(200, 7999).to_string(),
        "room" => dice.word(ROOMS).to_owned(),
        "spot" => dice.word(SPOTS).to_owned(),
        "floor" => dice.word(FLOORS).to_owned(),
        "street" => format!(
            "{} {} {}",
            dice.from(2, 140),
            pool.coined(dice),
            dice.pick(&["Road", "Street", "Lane", "Square"])
        ),
        "code" => code(dice),
        "plate" => format!("{}{} {} {}", letter(dice), letter(dice), dice.from(100, 999), letter(dice)),
        "mail" => mail(dice, pool),
        "site" => {
            format!("{}.example.{}", pool.coined(dice).to_lowercase(), dice.pick(&["com", "org", "net"]))
        }
        "num" => dice.from(2, 14).to_string(),
        "nn" => dice.from(15, 95).to_string(),
        "nnn" => dice.from(101, 980).to_string(),
        "k" => grouped(dice.from(11, 480) * 100),
        "temp" => format!("{} degrees", dice.from(2, 95)),
        "kg" => {
            if dice.chance(0.3) {
                format!("{}.{} kg", dice.from(1, 30), dice.from(1, 9))
            } else {
                format!("{} kg", dice.from(2, 900))
            }
        }
        "cm" => size(dice),
        "m" => format!("{} metres", dice.from(2, 60)),
        "colour" => dice.word(COLOURS).to_owned(),
        "version" => version(dice),
        "freq" => dice.word(FREQUENCIES).to_owned(),
        "dept" => dice.word(DEPTS).to_owned(),
        "thing" => dice.word(THINGS).to_owned(),
        "food" => dice.word(FOODS).to_owned(),
        "group" => dice.word(GROUPS).to_owned(),
        "material" => dice.word(MATERIALS).to_owned(),
        "format" => dice.word(FORMATS).to_owned(),
        "fuel" => dice.word(FUELS).to_owned(),
        "language" => dice.word(LANGUAGES).to_owned(),
        "animal" => dice.word(ANIMALS).to_owned(),
        unknown => unreachable!("no value of the kind {unknown}"),
    }
}

fn letter(dice: &mut Dice) -> char {
    *dice.pick(&[
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'T', 'V', 'W', 'X', 'Z',
    ])
}

fn code(dice: &mut Dice) -> String {
    match dice.weighted(&[3, 3, 2, 2, 2]) {
        0 => format!("{}{}-{}", letter(dice), letter(dice), dice.from(10, 9999)),
        1 => format!("{}-{}", dice.pick(&["HR", "FIN", "OPS", "QA", "REF", "SRV", "ADM"]), dice.from(3, 999)),
        2 => format!("{}{}{}", dice.from(10, 99), letter(dice), dice.from(10, 99)),
        3 => dice.from(1000, 9999).to_string(),
        _ => format!("{}/{}{}", dice.from(20, 480), letter(dice), letter(dice)),
    }
}

fn mail(dice: &mut Dice, pool: Pool) -> String {
    let host = dice.pick(&["example.com", "example.org", "example.net"]);
    match dice.weighted(&[2, 1]) {
        0 => format!("{}@{host}", pool.coined(dice).to_lowercase()),
        _ => format!("{}-{}@{host}", dice.pick(DEPTS), pool.coined(dice).to_lowercase()),
    }
}

fn version(dice: &mut Dice) -> String {
    match dice.weighted(&[3, 2, 1]) {
        0 => format!("{}.{}.{}", dice.from(1, 19), dice.from(0, 30), dice.from(0, 12)),
        1 => format!("{}.{}", dice.from(1, 40), dice.from(0, 9)),
        _ => format!("{}.{}", dice.from(2021, 2027), dice.from(1, 12)),
    }
}

fn size(dice: &mut Dice) -> String {
    match dice.weighted(&[2, 2, 1]) {
        0 => format!("{} by {} cm", dice.from(12, 90), dice.from(95, 240)),
        1 => format!("{} cm", dice.from(8, 220)),
        _ => format!("{} mm", dice.from(3, 940)),
    }
}

fn percent(dice: &mut Dice) -> String {
    match dice.weighted(&[6, 2, 1]) {
        0 => format!("{} %", dice.from(2, 95)),
        1 => format!("{}%", dice.from(2, 95)),
        _ => format!("{}.5 %", dice.from(1, 19)),
    }
}

fn hours(dice: &mut Dice) -> String {
    match dice.weighted(&[4, 1]) {
        0 => format!("{} hours", dice.from(2, 48)),
        _ => format!("{}.5 hours", dice.from(1, 8)),
    }
}

fn small_money(dice: &mut Dice) -> String {
    match dice.weighted(&[3, 2, 1]) {
        0 => format!("{} EUR", dice.from(3, 95)),
        1 => format!("{}.{}0 EUR", dice.from(2, 60), dice.from(1, 9)),
        _ => format!("EUR {}", dice.from(3, 95)),
    }
}

fn money(dice: &mut Dice, step: u32, most: u32) -> String {
    let amount = grouped(step * dice.from(3, most) + u32::from(dice.chance(0.2)) * dice.from(1, 49));
    if dice.chance(0.15) { format!("EUR {amount}") } else { format!("{amount} EUR") }
}

/// A number with commas between the thousands.
fn grouped(number: u32) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

fn time(dice: &mut Dice) -> String {
    match dice.weighted(&[6, 2]) {
        0 => format!("{:02}:{}", dice.from(6, 21), dice.pick(&["00", "15", "30", "45", "20", "40"])),
        _ => format!("{} {}", dice.from(7, 11), dice.pick(&["am", "pm"])),
    }
}

fn span(dice: &mut Dice) -> String {
    let (from, to) = (dice.from(6, 11), dice.from(13, 22));
    let half = dice.pick(&["00", "30"]);
    if dice.chance(0.5) {
        format!("{from:02}:{half} to {to}:00")
    } else {
        format!("from {from:02}:{half} to {to}:30")
    }
}

fn date(dice: &mut Dice) -> String {
    let (year, month, day) = (dice.from(2025, 2028), dice.from(1, 12), dice.from(1, 28));
    let name = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
    match dice.weighted(&[4, 3, 2, 1]) {
        0 => format!("{day} {name} {year}"),
        1 => format!("{day} {name}"),
        2 => format!("{} {day} {name} {year}", weekday(year, month, day)),
        _ => format!("{year}-{month:02}-{day:02}"),
    }
}

/// The day of the week, by Sakamoto's method.
fn weekday(year: u32, month: u32, day: u32) -> &'static str {
    const SHIFT: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let year = if month < 3 { year - 1 } else { year };
    let shift = SHIFT.get(month as usize - 1).copied().unwrap_or_default();
    let sunday_first = (year + year / 4 - year / 100 + year / 400 + shift + day) % 7;
    WEEKDAYS.get((sunday_first as usize + 6) % 7).copied().unwrap_or_default()
}
