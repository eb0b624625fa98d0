//! Owns what the shop's users say: reviews and questions.

use std::collections::HashSet;

use super::{Order, Product, Random, Timestamp, User};

/// What a user thinks of a product, as the GraphQL service keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    pub id: String,
    pub product_id: String,
    pub author_id: String,
    /// From 1 to 5.
    pub rating: i32,
    pub body: String,
    /// The author bought the product here.
    pub verified: bool,
    pub created_at: Timestamp,
}

/// What a user asks about a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub id: String,
    pub product_id: String,
    pub author_id: String,
    pub body: String,
    /// The shop's answer, if there is one yet.
    pub answer: Option<&'static str>,
    pub created_at: Timestamp,
}

const REVIEWS: usize = 5_000;
const QUESTIONS: usize = 400;

/// How a review begins, by its rating less one.
const VERDICTS: [[&str; 4]; 5] = [
    ["Broke in the first week.", "I sent it back.", "Not what the pictures promise.", "Sorry, no."],
    ["I expected more.", "It works, on good days.", "Too dear for what it is.", "My old one was better."],
    ["Does what it should.", "Fine, with a few rough edges.", "Neither good nor bad.", "Decent for the price."],
    ["Very happy with it.", "Good quality, quick delivery.", "Almost perfect.", "Better than I had hoped."],
    ["The best I have had.", "I would buy it again tomorrow.", "Simply lovely.", "Worth every cent."],
];

const DETAILS: [&str; 12] = [
    "It came a day early.",
    "The packaging was all paper, which I like.",
    "It is a little larger than I had thought.",
    "The colour is darker than on the screen.",
    "I use it every day.",
    "It was a present, and it is in use ever since.",
    "My sister ordered one the same evening.",
    "The instructions could be clearer.",
    "Support answered within the hour.",
    "After three months it still looks new.",
    "It needed a week of getting used to.",
    "The cat likes it too.",
];

/// Questions, and the shop's answers.
const QUESTIONS_AND_ANSWERS: [(&str, &str); 8] = [
    ("Can it go into the dishwasher?", "Better not: by hand it lasts longer."),
    ("How long is the guarantee?", "Five years, and repairs are free in that time."),
    ("Is it in stock in the shop in Berlin?", "Yes, and we can keep one for you for two days."),
    ("Where is it made?", "In Portugal, by a family firm."),
    ("Can it be engraved?", "Yes; please write the text into the note of your order."),
    ("Does it come assembled?", "Nearly: two screws are left to you."),
    ("Are spare parts sold?", "All of them; write to us with the number on the underside."),
    ("What does it weigh with the box?", "A little under two kilograms."),
];

pub(super) fn reviews(random: &mut Random, users: &[User], products: &[Product], orders: &[Order]) -> Vec<Review> {
    let bought: HashSet<(&str, &str)> = orders
        .iter()
        .flat_map(|order| order.items.iter().map(|item| (order.user_id.as_str(), item.product_id.as_str())))
        .collect();
    let mut created_at = Timestamp::OPENING;
    (0..REVIEWS)
        .map(|index| {
            created_at = created_at.plus_seconds(random.between(300, 16_000));
            let (author_id, product_id) = if random.chance(70) {
                let order = random.pick(orders);
                (order.user_id.as_str(), random.pick(&order.items).product_id.as_str())
            } else {
                (random.pick(users).id.as_str(), random.pick(products).id.as_str())
            };
            // Most people who write are content.
            let rating = *random.pick(&[1, 2, 3, 3, 4, 4, 4, 5, 5, 5]);
            let verdict = *random.pick(&VERDICTS[rating - 1]);
            let body = match random.below(3) {
                0 => verdict.to_owned(),
                _ => format!("{verdict} {}", random.pick(&DETAILS)),
            };
            Review {
                id: format!("r{}", index + 1),
                product_id: product_id.to_owned(),
                author_id: author_id.to_owned(),
                rating: rating as i32,
                body,
                verified: bought.contains(&(author_id, product_id)),
                created_at,
            }
        })
        .collect()
}

pub(super) fn questions(random: &mut Random, users: &[User], products: &[Product]) -> Vec<Question> {
    let mut created_at = Timestamp::OPENING;
    (0..QUESTIONS)
        .map(|index| {
            created_at = created_at.plus_seconds(random.between(3_600, 200_000));
            let (body, answer) = *random.pick(&QUESTIONS_AND_ANSWERS);
            Question {
                id: format!("q{}", index + 1),
                product_id: random.pick(products).id.clone(),
                author_id: random.pick(users).id.clone(),
                body: body.to_owned(),
                answer: random.chance(75).then_some(answer),
                created_at,
            }
        })
        .collect()
}
