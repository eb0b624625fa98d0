//! Owns what the shop's users say: reviews and questions.

use super::time::DAY;
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
    /// Written on the occasion of an order of the product.
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

/// Orders younger than this are not reviewed: not all of them have arrived.
const DAYS_UNTIL_REVIEWED: i64 = 45;

pub(super) fn reviews(random: &mut Random, users: &[User], products: &[Product], orders: &[Order]) -> Vec<Review> {
    let now = orders.last().map_or(Timestamp::OPENING, |order| order.created_at);
    let arrived = orders.partition_point(|order| order.created_at.plus_days(DAYS_UNTIL_REVIEWED) < now);
    let mut reviews: Vec<Review> = (0..REVIEWS)
        .map(|_| {
            let order = (arrived > 0 && random.chance(70)).then(|| random.pick(&orders[..arrived]));
            let (author_id, product_id, created_at) = match order {
                Some(order) => {
                    let created_at = order.created_at.plus_seconds(random.between(5 * DAY, DAYS_UNTIL_REVIEWED * DAY));
                    (&order.user_id, &random.pick(&order.items).product_id, created_at)
                }
                None => (&random.pick(users).id, &random.pick(products).id, until(random, now)),
            };
            let (rating, body) = opinion(random);
            Review {
                id: String::new(),
                product_id: product_id.clone(),
                author_id: author_id.clone(),
                rating,
                body,
                verified: order.is_some(),
                created_at,
            }
        })
        .collect();
    reviews.sort_by_key(|review| review.created_at);
    for (index, review) in reviews.iter_mut().enumerate() {
        review.id = format!("r{}", index + 1);
    }
    reviews
}

/// A rating and words that fit it.
fn opinion(random: &mut Random) -> (i32, String) {
    // Most people who write are content.
    let rating = *random.pick(&[1, 2, 3, 3, 4, 4, 4, 5, 5, 5]);
    let verdict = *random.pick(&VERDICTS[rating - 1]);
    let body = match random.below(3) {
        0 => verdict.to_owned(),
        _ => format!("{verdict} {}", random.pick(&DETAILS)),
    };
    (rating as i32, body)
}

pub(super) fn questions(random: &mut Random, users: &[User], products: &[Product], orders: &[Order]) -> Vec<Question> {
    let now = orders.last().map_or(Timestamp::OPENING, |order| order.created_at);
    let mut questions: Vec<Question> = (0..QUESTIONS)
        .map(|_| {
            let (body, answer) = *random.pick(&QUESTIONS_AND_ANSWERS);
            Question {
                id: String::new(),
                product_id: random.pick(products).id.clone(),
                author_id: random.pick(users).id.clone(),
                body: body.to_owned(),
                answer: random.chance(75).then_some(answer),
                created_at: until(random, now),
            }
        })
        .collect();
    questions.sort_by_key(|question| question.created_at);
    for (index, question) in questions.iter_mut().enumerate() {
        question.id = format!("q{}", index + 1);
    }
    questions
}

/// Some time between the opening and `now`.
fn until(random: &mut Random, now: Timestamp) -> Timestamp {
    Timestamp::OPENING.plus_seconds(random.between(0, now.0 - Timestamp::OPENING.0))
}
