//! Names of people, firms, towns and products, from lists and from syllables.
//!
//! Lessons and judgement use different lists and syllables: what is copied must be read, not remembered.

use super::{dice::Dice, fact::upper_first};

/// Whose names are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pool {
    /// The starter's lessons.
    Lessons,
    /// The companies that judge it.
    Judgement,
}

struct Lists {
    first: &'static [&'static str],
    last: &'static [&'static str],
    towns: &'static [&'static str],
    trades: &'static [&'static str],
    /// Words of the language that firms and projects are called by.
    words: &'static [&'static str],
    onsets: &'static [&'static str],
    vowels: &'static [&'static str],
    codas: &'static [&'static str],
}

const LESSONS: Lists = Lists {
    first: &[
        "Ada", "Aiko", "Alma", "Amira", "Anton", "Arjun", "Asta", "Beata", "Bruno", "Carmen", "Cezar",
        "Chiara", "Dagmar", "Dario", "Dilara", "Edwin", "Elif", "Elsa", "Emre", "Enzo", "Fabian", "Farah",
        "Femke", "Gero", "Gita", "Hanna", "Hassan", "Helmi", "Ida", "Igor", "Ines", "Isak", "Jakub", "Jana",
        "Joris", "Kaja", "Karim", "Kasia", "Kofi", "Lars", "Leila", "Lena", "Luca", "Malik", "Mara", "Marek",
        "Mei", "Milan", "Mina", "Nadia", "Niko", "Nora", "Olga", "Omar", "Otto", "Pavel", "Petra", "Pilar",
        "Priya", "Rafael", "Ravi", "Rosa", "Samir", "Sanna", "Selma", "Sofia", "Stefan", "Tarek", "Thea",
        "Tomas", "Ulla", "Vera", "Viktor", "Wanda", "Yara", "Yusuf", "Zoe", "Zora", "Sam", "Ben", "Grace",
        "Tom", "Paula", "Ruth", "Simon", "Claire",
    ],
    last: &[
        "Adler",
        "Baptiste",
        "Berg",
        "Brandt",
        "Castro",
        "Dahl",
        "Demir",
        "Dvorak",
        "Eriksen",
        "Farkas",
        "Fontana",
        "Haas",
        "Holub",
        "Ivanova",
        "Jansen",
        "Kaplan",
        "Keller",
        "Kowal",
        "Laine",
        "Lindqvist",
        "Marin",
        "Mensah",
        "Moreau",
        "Nagy",
        "Novak",
        "Okafor",
        "Olsen",
        "Park",
        "Pereira",
        "Quist",
        "Rao",
        "Ricci",
        "Rossi",
        "Sato",
        "Silva",
        "Simic",
        "Sorensen",
        "Tanaka",
        "Toth",
        "Ueda",
        "Vargas",
        "Weiss",
        "Yilmaz",
        "Zeman",
    ],
    towns: &[
        "Oslo", "Brno", "Porto", "Graz", "Ghent", "Turin", "Lyon", "Leeds", "Cork", "Malmo", "Tartu", "Riga",
        "Gdansk", "Utrecht", "Basel", "Seville", "Split", "Varna", "Izmir", "Bergen", "Aarhus", "Lille",
        "Kassel", "Parma", "Dundee", "Tampere", "Kosice", "Linz", "Namur", "Vigo",
    ],
    trades: &[
        "Logistics",
        "Cleaning",
        "Catering",
        "Print",
        "Systems",
        "Energy",
        "Glass",
        "Timber",
        "Security",
        "Travel",
        "Software",
        "Foods",
        "Insurance",
        "Paper",
        "Metals",
        "Freight",
    ],
    words: &[
        "Anchor",
        "Beacon",
        "Bluebell",
        "Canyon",
        "Cedar",
        "Cobalt",
        "Copper",
        "Delta",
        "Driftwood",
        "Ember",
        "Evergreen",
        "Falcon",
        "Fjord",
        "Foxglove",
        "Garnet",
        "Glacier",
        "Granite",
        "Harbour",
        "Hazel",
        "Horizon",
        "Indigo",
        "Ivory",
        "Juniper",
        "Keystone",
        "Kite",
        "Lantern",
        "Lighthouse",
        "Lotus",
        "Maple",
        "Meridian",
        "Mosaic",
        "Nimbus",
        "Nova",
        "Oakfield",
        "Opal",
        "Orchard",
        "Paragon",
        "Pebble",
        "Pioneer",
        "Quartz",
        "Raven",
        "Redwood",
        "Ripple",
        "Saffron",
        "Summit",
        "Sundial",
        "Thistle",
        "Tornado",
        "Trident",
        "Tundra",
        "Velvet",
        "Vertex",
        "Walnut",
        "Willow",
        "Yarrow",
        "Zenith",
        "Zephyr",
    ],
    onsets: &[
        "b", "br", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "st",
        "t", "tr", "v", "w", "z", "sh", "th", "zy", "qu",
    ],
    vowels: &["a", "e", "i", "o", "u", "ai", "ea", "io", "ou"],
    codas: &["n", "r", "l", "s", "x", "nd", "rk", "lt", "m", "", "", "ra", "na", "ko", "phora", "tis", "vik"],
};

const JUDGEMENT: Lists = Lists {
    first: &[
        "Abena", "Agnes", "Aleksi", "Bettina", "Caspar", "Cora", "Daria", "Desmond", "Eleni", "Ewan",
        "Fenna", "Florian", "Gunnar", "Hedwig", "Ilse", "Imran", "Jasper", "Joanna", "Kerstin", "Lorenzo",
        "Ludmila", "Magda", "Matteo", "Nerys", "Oskar", "Pia", "Quentin", "Renata", "Sigrid", "Tadeo",
        "Ursula", "Valerie", "Wilma", "Xenia", "Yannick", "Zelda",
    ],
    last: &[
        "Abbott", "Boateng", "Corvin", "Drozd", "Engel", "Fiala", "Gruber", "Hartog", "Ibsen", "Jokinen",
        "Kruger", "Lombard", "Mazur", "Nyberg", "Oduya", "Petrov", "Roth", "Sandoval", "Tamm", "Urban",
        "Vos", "Wolff", "Zajac",
    ],
    towns: &[
        "Bremen", "Padua", "Odense", "Nantes", "Trieste", "Maribor", "Lublin", "Turku", "Girona", "Bruges",
        "Galway", "Debrecen", "Plovdiv", "Kaunas", "Salzburg",
    ],
    trades: &[
        "Transport",
        "Facility",
        "Kitchens",
        "Media",
        "Networks",
        "Power",
        "Ceramics",
        "Tools",
        "Textiles",
        "Labs",
    ],
    words: &[],
    onsets: &[
        "bl", "c", "ch", "cr", "dw", "fl", "fr", "gl", "kn", "pl", "sc", "sk", "sl", "sp", "sw", "tw", "vr",
        "y",
    ],
    vowels: &["a", "e", "i", "o", "u", "ee", "oa", "y"],
    codas: &["ck", "ft", "mp", "ng", "pt", "sk", "th", "va", "do", "ley", "mond", "stead", "wick", ""],
};

impl Pool {
    const fn lists(self) -> &'static Lists {
        match self {
            Self::Lessons => &LESSONS,
            Self::Judgement => &JUDGEMENT,
        }
    }

    /// A word such as "Zyphora"; in lessons, as in most offices, half of them are words such as "Falcon".
    pub fn coined(self, dice: &mut Dice) -> String {
        let lists = self.lists();
        if !lists.words.is_empty() && dice.chance(0.5) {
            return dice.word(lists.words).to_owned();
        }
        let mut word = String::new();
        for _ in 0..dice.count(1, 2) {
            word.push_str(dice.word(lists.onsets));
            word.push_str(dice.word(lists.vowels));
        }
        word.push_str(dice.word(lists.onsets));
        word.push_str(dice.word(lists.vowels));
        word.push_str(dice.word(lists.codas));
        upper_first(&word)
    }

    /// A first name.
    pub fn first(self, dice: &mut Dice) -> String {
        if dice.chance(0.15) { self.coined(dice) } else { (*dice.pick(self.lists().first)).to_owned() }
    }

    /// A first name, mostly with a last name.
    pub fn person(self, dice: &mut Dice) -> String {
        let first = self.first(dice);
        match dice.weighted(&[45, 40, 15]) {
            0 => first,
            1 => format!("{first} {}", dice.pick(self.lists().last)),
            _ => format!("{first} {}", self.coined(dice)),
        }
    }

    /// A firm.
    pub fn company(self, dice: &mut Dice) -> String {
        match dice.weighted(&[40, 35, 15, 10]) {
            0 => self.coined(dice),
            1 => format!("{} {}", self.coined(dice), dice.pick(self.lists().trades)),
            2 => format!("{} & {}", dice.pick(self.lists().last), self.coined(dice)),
            _ => format!("{} {}", dice.pick(self.lists().last), dice.pick(self.lists().trades)),
        }
    }

    /// A town.
    pub fn town(self, dice: &mut Dice) -> String {
        if dice.chance(0.25) { self.coined(dice) } else { (*dice.pick(self.lists().towns)).to_owned() }
    }
}
