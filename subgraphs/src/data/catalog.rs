//! Owns the shop's users and products.

use serde::Serialize;

use super::{Random, Timestamp};

/// A customer, as the catalog's REST API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct User {
    pub id: String,
    pub full_name: String,
    pub email: String,
    pub avatar_url: Option<String>,
    pub city: String,
    pub member_since: Timestamp,
}

/// Something on sale, as the catalog's REST API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Product {
    pub id: String,
    pub name: String,
    pub description: String,
    /// In cents.
    pub price: i64,
    pub category: &'static str,
    pub image_url: String,
    pub stock: i64,
}

const USERS: usize = 200;

const FIRST_NAMES: [&str; 40] = [
    "Ada", "Amir", "Ana", "Anton", "Aoife", "Bruno", "Camille", "Chidi", "Clara", "Daniel", "Elif", "Emil", "Esther",
    "Farah", "Felix", "Greta", "Hana", "Hugo", "Ines", "Ivan", "Jonas", "Julia", "Kofi", "Lena", "Leo", "Lucía",
    "Maja", "Marco", "Mei", "Nadia", "Noah", "Olga", "Omar", "Priya", "Rosa", "Samuel", "Sofia", "Tomás", "Yuki",
    "Zoë",
];

const LAST_NAMES: [&str; 40] = [
    "Adeyemi",
    "Andersson",
    "Bauer",
    "Bianchi",
    "Brandt",
    "Chen",
    "Cohen",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Hoffmann",
    "Ito",
    "Jensen",
    "Kaya",
    "Keller",
    "Kowalski",
    "Laurent",
    "Lindqvist",
    "Martin",
    "Mensah",
    "Moreau",
    "Novák",
    "O'Brien",
    "Okafor",
    "Patel",
    "Pereira",
    "Petrov",
    "Rossi",
    "Sato",
    "Schneider",
    "Silva",
    "Tanaka",
    "Vargas",
    "Virtanen",
    "Weber",
    "Wright",
    "Yilmaz",
];

const CITIES: [&str; 20] = [
    "Amsterdam",
    "Athens",
    "Barcelona",
    "Berlin",
    "Bologna",
    "Brno",
    "Copenhagen",
    "Cork",
    "Gdańsk",
    "Ghent",
    "Graz",
    "Hamburg",
    "Helsinki",
    "Leeds",
    "Lisbon",
    "Lyon",
    "Malmö",
    "Porto",
    "Vienna",
    "Zürich",
];

/// A kind of product: its category, what it is, a sentence on it, and its usual price in cents.
type Kind = (&'static str, &'static str, &'static str, i64);

const KINDS: [Kind; 50] = [
    ("Kitchen", "Chef's Knife", "Holds its edge through a winter of squash.", 8_900),
    ("Kitchen", "Cutting Board", "Heavy enough to stay where it is put.", 4_500),
    ("Kitchen", "Cast-Iron Skillet", "Seasoned three times before it leaves the foundry.", 6_200),
    ("Kitchen", "Pour-Over Kettle", "A narrow spout and a handle that stays cool.", 7_400),
    ("Kitchen", "Coffee Grinder", "Conical burrs, and forty steps from fine to coarse.", 13_900),
    ("Kitchen", "Mixing Bowls", "Three that nest, with lids that close.", 3_900),
    ("Kitchen", "Pepper Mill", "Cracks instead of crushing.", 3_400),
    ("Kitchen", "Teapot", "Pours without a drop on the cloth.", 4_800),
    ("Home", "Wool Throw", "Woven from the wool of one valley.", 9_500),
    ("Home", "Table Lamp", "Dims to candlelight.", 8_200),
    ("Home", "Linen Sheets", "Rough for a week and soft for ten years.", 15_900),
    ("Home", "Wall Clock", "Moves without a tick.", 5_600),
    ("Home", "Laundry Basket", "Two handles, no wobble.", 3_800),
    ("Home", "Bath Towel", "Dries fast, you and itself.", 2_900),
    ("Home", "Bookshelf", "Five boards and no tools.", 24_900),
    ("Home", "Door Mat", "Takes a muddy dog's four paws.", 2_700),
    ("Office", "Desk Organizer", "A place for the pens that roam.", 2_900),
    ("Office", "Fountain Pen", "A fine nib with a little spring.", 6_800),
    ("Office", "Notebook", "Dotted, numbered, lies flat.", 1_600),
    ("Office", "Desk Chair", "Adjusts in five places and creaks in none.", 38_900),
    ("Office", "Standing Desk", "From sitting to standing in nine seconds.", 54_900),
    ("Office", "Monitor Arm", "Moves with one finger, stays with none.", 11_900),
    ("Office", "Keyboard", "Quiet switches, legends that do not wear off.", 12_900),
    ("Office", "Laptop Sleeve", "Felt outside, fleece inside.", 3_900),
    ("Audio", "Headphones", "Thirty hours, and a case that fits a coat.", 22_900),
    ("Audio", "Bookshelf Speakers", "A pair, with more bass than their size allows.", 34_900),
    ("Audio", "Turntable", "Belt-driven, with a preamplifier inside.", 29_900),
    ("Audio", "Radio", "One knob for the station and one for the volume.", 9_900),
    ("Audio", "Earbuds", "Small, and they stay in.", 11_900),
    ("Audio", "Microphone", "For calls that sound like a studio.", 15_900),
    ("Outdoor", "Two-Person Tent", "Up in four minutes, in rain too.", 27_900),
    ("Outdoor", "Sleeping Bag", "Down to minus five, and still light.", 18_900),
    ("Outdoor", "Hiking Backpack", "Thirty-five litres with a frame that breathes.", 13_900),
    ("Outdoor", "Camp Stove", "Boils a litre in three minutes.", 7_900),
    ("Outdoor", "Headlamp", "Red light for reading, white for finding the path.", 4_200),
    ("Outdoor", "Water Bottle", "Cold for a day, hot for half of one.", 3_200),
    ("Outdoor", "Trekking Poles", "Fold to the length of a forearm.", 8_900),
    ("Outdoor", "Picnic Blanket", "Waterproof below, soft above.", 4_400),
    ("Garden", "Pruning Shears", "Blades that can be replaced, and need not be.", 4_700),
    ("Garden", "Watering Can", "A rose that rains instead of pouring.", 3_600),
    ("Garden", "Hand Trowel", "One piece of steel, one of ash.", 2_400),
    ("Garden", "Garden Fork", "For clay that would rather not.", 5_900),
    ("Garden", "Plant Pot", "Glazed, frost-proof, with a saucer.", 2_800),
    ("Garden", "Bird Feeder", "Squirrels have been consulted, and disappointed.", 3_300),
    ("Travel", "Carry-On Suitcase", "Fits every airline's smallest box.", 19_900),
    ("Travel", "Weekender Bag", "Two days' clothes and a book.", 12_900),
    ("Travel", "Packing Cubes", "Order in a suitcase, for once.", 2_900),
    ("Travel", "Toiletry Bag", "Hangs from anything.", 3_100),
    ("Travel", "Travel Adapter", "For the sockets of 150 countries.", 3_500),
    ("Travel", "Umbrella", "Turns inside out and back without a complaint.", 4_100),
];

/// The maker's lines: each kind of product comes in ten of them.
const LINES: [&str; 20] = [
    "Alder", "Birch", "Cedar", "Copper", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper",
    "Kestrel", "Linden", "Meadow", "Nordic", "Orchard", "Pebble", "Quarry", "Rowan", "Saffron",
];

const LINES_PER_KIND: usize = 10;

const CLOSINGS: [&str; 6] = [
    "Made in small batches.",
    "Repaired for free for five years.",
    "Ships without plastic.",
    "A favourite of our own staff.",
    "Comes with a spare part for the part that wears.",
    "Designed to be handed down.",
];

pub(super) fn users(random: &mut Random) -> Vec<User> {
    let mut names: Vec<(&str, &str)> =
        FIRST_NAMES.iter().flat_map(|first| LAST_NAMES.iter().map(move |last| (*first, *last))).collect();
    random.shuffle(&mut names);
    names
        .into_iter()
        .take(USERS)
        .enumerate()
        .map(|(index, (first, last))| {
            let id = format!("u{}", index + 1);
            User {
                full_name: format!("{first} {last}"),
                email: format!("{}.{}@example.com", ascii(first), ascii(last)),
                avatar_url: random.chance(80).then(|| format!("https://images.example.com/users/{id}.jpg")),
                city: (*random.pick(&CITIES)).to_owned(),
                member_since: Timestamp::OPENING.plus_days(-random.between(0, 1_500)),
                id,
            }
        })
        .collect()
}

pub(super) fn products(random: &mut Random) -> Vec<Product> {
    let mut products = Vec::new();
    for (category, kind, sentence, usual_price) in KINDS {
        let mut lines = LINES;
        random.shuffle(&mut lines);
        for line in &lines[..LINES_PER_KIND] {
            // Within a third of the usual price, and ending in 90 cents as prices do.
            let price = usual_price * random.between(67, 133) / 100;
            products.push(Product {
                id: String::new(),
                name: format!("{line} {kind}"),
                description: format!("{sentence} {}", random.pick(&CLOSINGS)),
                price: price / 100 * 100 + 90,
                category,
                image_url: String::new(),
                stock: if random.chance(6) { 0 } else { random.between(1, 240) },
            });
        }
    }
    // Shuffled before they get their ids, so that a page shows a mixture.
    random.shuffle(&mut products);
    for (index, product) in products.iter_mut().enumerate() {
        product.id = format!("p{}", index + 1);
        product.image_url = format!("https://images.example.com/products/{}.jpg", product.id);
    }
    products
}

/// A name as it stands in an e-mail address.
fn ascii(name: &str) -> String {
    let plain = |letter: char| match letter {
        'á' => 'a',
        'í' => 'i',
        'ë' => 'e',
        other => other,
    };
    name.to_lowercase().chars().map(plain).filter(char::is_ascii_alphabetic).collect()
}
