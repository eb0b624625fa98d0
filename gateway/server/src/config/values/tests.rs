//! Tests of the values that configuration is written in.

use super::*;

#[test]
fn durations_have_a_unit_and_a_range() {
    let cases = [
        ("250ms", Some(250)),
        ("30s", Some(30_000)),
        ("5m", Some(300_000)),
        ("24h", Some(86_400_000)),
        ("25h", None),
        ("0s", None),
        ("5", None),
        ("s", None),
        ("", None),
        ("-1s", None),
        ("1.5s", None),
        ("5 s", None),
        ("99999999999999999999s", None),
        ("9999999999999999999m", None),
    ];
    for (text, expected) in cases {
        assert_eq!(Time::parse(text), expected.map(|ms| Time(Duration::from_millis(ms))), "{text}");
    }
}

#[test]
fn sizes_have_a_unit_and_a_range() {
    let cases = [
        ("1B", Some(1)),
        ("2MB", Some(2_000_000)),
        ("2MiB", Some(2_097_152)),
        ("4GiB", Some(4_294_967_296)),
        ("5GiB", None),
        ("0MB", None),
        ("2", None),
        ("2M", None),
    ];
    for (text, expected) in cases {
        assert_eq!(Size::parse(text), expected.map(Size), "{text}");
    }
}

#[test]
fn dates_are_days_of_the_calendar() {
    for (text, expected) in [
        ("1970-01-01", Some(0)),
        ("2000-02-29", Some(951_782_400)),
        ("2024-03-01", Some(1_709_251_200)),
        ("2027-12-31", Some(1_830_211_200)),
        ("9999-12-31", Some(253_402_214_400)),
        ("2100-02-29", None),
        ("2023-02-29", None),
        ("2027-13-01", None),
        ("2027-00-01", None),
        ("2027-01-00", None),
        ("1969-12-31", None),
        ("2027-1-1", None),
        ("2027-01-01T00:00:00Z", None),
        ("+027-01-01", None),
        ("soon", None),
    ] {
        assert_eq!(Date::parse(text), expected.map(Date), "{text}");
    }
}

#[test]
fn counts_are_whole_and_at_least_one() {
    for (text, expected) in [("1", Some(1)), ("4294967295", Some(u32::MAX)), ("0", None), ("-1", None), ("1.5", None)] {
        assert_eq!(Count::parse(text), expected.map(Count), "{text}");
    }
}

#[test]
fn shares_are_parts_of_a_whole() {
    for (text, expected) in
        [("0", Some(0.0)), ("0.25", Some(0.25)), ("1", Some(1.0)), ("1.01", None), ("-0.1", None), ("NaN", None)]
    {
        assert_eq!(Share::parse(text), expected.map(Share), "{text}");
    }
}

#[test]
fn addresses_are_host_and_port() {
    for (text, is_one) in [
        ("127.0.0.1:0", true),
        ("localhost:80", true),
        ("[::1]:80", true),
        ("::1", false),
        ("::1:80", false),
        (":80", false),
        ("localhost", false),
        ("localhost:70000", false),
    ] {
        assert_eq!(ListenAddress::parse(text).is_some(), is_one, "{text}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let value = SecretHeaderValue::parse("hunter2").expect("a value");
    let text = SecretText::parse("hunter2").expect("a text");
    assert!(!format!("{value:?} {:?} {text:?}", value.0).contains("hunter2"));
}
