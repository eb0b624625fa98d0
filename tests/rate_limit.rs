//! Rate limits of the built binary: by what requests are counted, and what clients are told of it.

mod support;

#[path = "rate_limit/gateway.rs"]
mod gateway;

use gateway::{Asked, Gateway, get, post, token};
use serde_json::{Value, json};

/// What each request is, and the status of its answer.
type Requests<'a> = &'a [(Asked, u16)];

async fn check(yaml: &str, requests: Requests<'_>) {
    let gateway = Gateway::start(yaml).await;
    for (number, (asked, expected)) in requests.iter().enumerate() {
        let answer = gateway.ask(asked).await;
        assert_eq!(answer.status, *expected, "{yaml}\nrequest {number}: {asked:?}\n{answer:?}");
        assert_eq!(answer.headers.contains_key("retry-after"), *expected == 429, "{answer:?}");
    }
}

#[tokio::test]
async fn without_limits_there_is_never_a_429() {
    for yaml in
        ["", "tiers: { default: { rate: { limit: 1, per: 1h } } }", "rate_limit: { keys: [ip, user, api_key, bff] }"]
    {
        let gateway = Gateway::start(yaml).await;
        for _ in 0..20 {
            let answer = gateway.ask(&post("web")).await;
            let names: Vec<&str> = answer.headers.keys().map(|name| name.as_str()).collect();
            assert_eq!(answer.status, 200, "{yaml}");
            assert!(names.iter().all(|name| !name.starts_with("ratelimit")), "{names:?}");
        }
    }
}

const ONE: &str =
    "tiers: { default: { rate: { limit: 2, per: 24h, burst: 1 } }, gold: { rate: { limit: 3, per: 24h } } }\n";

#[tokio::test]
async fn each_algorithm_admits_as_many_as_the_tier_says() {
    for (algorithm, most) in [("token_bucket", 1), ("fixed_window", 2), ("sliding_window", 2)] {
        let yaml = format!("{ONE}rate_limit: {{ keys: [ip], algorithm: {algorithm} }}");
        let requests: Vec<_> = (0..5).map(|number| (post("web"), if number < most { 200 } else { 429 })).collect();
        check(&yaml, &requests).await;
    }
}

#[tokio::test]
async fn what_one_key_has_used_up_another_one_has() {
    let proxied = |asked: Asked, sender: &str| asked.with("x-forwarded-for", sender);
    let (ann, ben) = (token("https://auth/", "ann"), token("https://auth/", "ben"));
    let elsewhere = token("https://other/", "ann");
    let by_ip = format!("{ONE}rate_limit: {{ keys: [ip], trusted_proxies: [127.0.0.0/8] }}");
    check(
        &by_ip,
        &[
            (proxied(post("web"), "203.0.113.1"), 200),
            (proxied(post("web"), "203.0.113.1"), 429),
            (proxied(get("web"), "203.0.113.1"), 429),
            (proxied(post("web"), "203.0.113.2"), 200),
            (proxied(post("web"), "203.0.113.2, 203.0.113.1"), 429),
            (proxied(post("web"), "2001:db8:0:1::1"), 200),
            (proxied(post("web"), "2001:db8:0:1:ffff::2"), 429),
            (proxied(post("web"), "2001:db8:0:2::1"), 200),
            // Clients of one tier share what an address has.
            (proxied(post(""), "203.0.113.1"), 429),
            (proxied(post("vip"), "203.0.113.1"), 200),
            // It is before anybody is asked who it is.
            (proxied(post("web"), "203.0.113.1").bearer("nonsense"), 429),
            (proxied(post("web"), "203.0.113.9").bearer("nonsense"), 401),
            (proxied(post("web"), "203.0.113.9"), 429),
        ],
    )
    .await;
    let untrusted = format!("{ONE}rate_limit: {{ keys: [ip] }}");
    check(
        &untrusted,
        &[(proxied(post("web"), "203.0.113.1"), 200), (proxied(post("web"), "203.0.113.2"), 429), (post("web"), 429)],
    )
    .await;
    let by_user = format!("{ONE}rate_limit: {{ keys: [user] }}");
    check(
        &by_user,
        &[
            (post("web").bearer(&ann), 200),
            (post("web").bearer(&ann), 429),
            (post("").bearer(&ann), 429),
            (post("web").bearer(&ben), 200),
            (post("web").bearer(&elsewhere), 200),
            (post("web").bearer(&elsewhere), 429),
            (post("web"), 200),
            (post("web"), 200),
        ],
    )
    .await;
    let by_key = format!("{ONE}rate_limit: {{ keys: [api_key] }}");
    check(
        &by_key,
        &[
            (post("web").api_key("plain"), 200),
            (post("web").api_key("plain"), 429),
            (post("web").api_key("plain-2"), 429),
            // The consumer's tier holds, whatever the client's.
            (post("web").api_key("gold"), 200),
            (post("web").api_key("gold"), 200),
            (post("").api_key("gold"), 200),
            (post("web").api_key("gold"), 429),
            (post("web"), 200),
            (post("web").bearer(&ann), 200),
            (post("web").bearer(&ann), 200),
        ],
    )
    .await;
    let by_client = format!("{ONE}rate_limit: {{ keys: [bff] }}");
    check(
        &by_client,
        &[
            (post("web"), 200),
            (post("web").bearer(&ann), 429),
            (post(""), 200),
            (post(""), 429),
            (post("vip"), 200),
            (post("vip"), 200),
            (post("vip"), 200),
            (post("vip"), 429),
        ],
    )
    .await;
    // Whom the narrower limit refuses takes nothing from the wider one.
    let both = "tiers: { default: { rate: { limit: 3, per: 24h } } }\nrate_limit: { keys: [user, bff] }";
    check(
        both,
        &[
            (post("vip").bearer(&ann), 200),
            (post("web").bearer(&ann), 200),
            (post("").bearer(&ann), 200),
            (post("web").bearer(&ann), 429),
            (post("web").bearer(&ann), 429),
            (post("web").bearer(&ben), 200),
            (post("web").bearer(&ben), 200),
            (post("web"), 429),
        ],
    )
    .await;
}

#[tokio::test]
async fn clients_are_told_how_they_stand() {
    let yaml = "tiers: { default: { rate: { limit: 3, per: 90s } } }\n\
                rate_limit: { keys: [ip, user, bff], algorithm: fixed_window }";
    let gateway = Gateway::start(yaml).await;
    let ann = token("https://auth/", "ann");
    let told = |answer: &gateway::Answer, name: &str| {
        let value = answer.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        // How much of the window is over depends on the machine.
        value.map(|value| value.split("t=").next().unwrap_or_default().to_owned())
    };
    let all = r#""ip";q=3;w=90, "user";q=3;w=90, "bff";q=3;w=90"#;
    let answer = gateway.ask(&post("web").bearer(&ann)).await;
    assert_eq!(told(&answer, "ratelimit-policy").as_deref(), Some(all));
    assert_eq!(told(&answer, "ratelimit").as_deref(), Some(r#""ip";r=2;"#));
    let standing = answer.headers["ratelimit"].to_str().expect("text");
    let item = |name: &str| standing.split(", ").find(|item| item.starts_with(name)).expect("it is there").to_owned();
    for name in ["\"ip\"", "\"user\"", "\"bff\""] {
        let item = item(name);
        let [_, r, t] = item.split(';').collect::<Vec<_>>().try_into().expect("a name and two parameters");
        assert_eq!(r, "r=2");
        let seconds: u64 = t.strip_prefix("t=").and_then(|t| t.parse().ok()).expect("a number");
        assert!((1..=90).contains(&seconds), "{item}");
    }

    gateway.ask(&post("web")).await;
    gateway.ask(&get("web")).await;
    let answer = gateway.ask(&post("web")).await;
    assert_eq!((answer.status, told(&answer, "ratelimit").as_deref()), (429, Some(r#""ip";r=0;"#)));
    let wait: u64 = answer.headers["retry-after"].to_str().expect("text").parse().expect("a number");
    assert!((1..=90).contains(&wait), "{wait}");
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    let message = body["errors"][0]["message"].as_str().expect("a text");
    assert!(message.starts_with("Too many requests come from this address; send it again in "), "{message}");
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");

    let answer = gateway.ask(&Asked::rest("/bff/web/hello")).await;
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!((answer.status, &body["code"], &body["status"]), (429, &json!("RATE_LIMITED"), &json!(429)));
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.headers.contains_key("retry-after") && answer.headers.contains_key("ratelimit"), "{answer:?}");
}

#[tokio::test]
async fn the_facade_is_counted_as_all_is() {
    let yaml = format!("{ONE}rate_limit: {{ keys: [bff] }}");
    let rest = || Asked::rest("/bff/web/hello");
    check(&yaml, &[(rest(), 200), (rest(), 429), (post("web"), 429), (post("vip"), 200)]).await;
}

/// Where nobody listens.
const NOWHERE: &str = "storage: redis, redis: { url: 'redis://127.0.0.1:9', timeout: 10s";

#[tokio::test]
async fn what_cannot_be_counted_is_admitted_or_refused_as_is_said() {
    let open = format!("{ONE}rate_limit: {{ keys: [ip, bff], {NOWHERE} }} }}");
    let gateway = Gateway::start(&open).await;
    for _ in 0..5 {
        let answer = gateway.ask(&post("web")).await;
        assert_eq!((answer.status, answer.headers.get("ratelimit")), (200, None));
    }
    for more in ["", "unit: cost, "] {
        let closed = format!("{ONE}rate_limit: {{ keys: [bff], {more}{NOWHERE}, on_error: closed }} }}");
        let gateway = Gateway::start(&closed).await;
        for (asked, code) in [(post("web"), "/errors/0/extensions/code"), (Asked::rest("/bff/web/hello"), "/code")] {
            let answer = gateway.ask(&asked).await;
            let body: Value = serde_json::from_str(&answer.body).expect("JSON");
            assert_eq!((answer.status, body.pointer(code)), (503, Some(&json!("SERVICE_UNAVAILABLE"))), "{more}");
            assert_eq!(answer.headers["retry-after"], "1");
        }
    }
}

/// What operations cost is charged once they are bound: what is no operation costs nothing, but for the address.
#[tokio::test]
async fn what_is_no_operation_costs_nothing_where_cost_counts() {
    let yaml = format!("{ONE}rate_limit: {{ keys: [bff], unit: cost }}");
    let broken = || post("web").asking("{ nothing }");
    check(
        &yaml,
        &[
            (broken(), 200),
            (broken(), 200),
            (post("web"), 200),
            (post("web"), 429),
            (Asked::rest("/bff/web/hello"), 429),
        ],
    )
    .await;
    let gateway = Gateway::start(&yaml).await;
    let answer = gateway.ask(&post("web")).await;
    assert_eq!(answer.headers["ratelimit-policy"], r#""bff";q=2;w=86400;qu="cost""#);
}
