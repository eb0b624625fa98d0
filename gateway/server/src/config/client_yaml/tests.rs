//! Tests of `client.yaml`: what is wrong is told, and what is right is resolved and tightens its tier.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::config::Config;

const WEFT_YAML: &str = "
traffic: { request_timeout: 8s }
tiers:
  bronze: { limits: { depth: 10, cost: 1000 }, timeout: 5s }
  gold: { limits: { depth: 20 }, timeout: 10s }
authentication:
  jwt:
    issuers:
      - { issuer: a, algorithms: [HS256], key: { secret: \"a secret of thirty-two bytes, or more\" } }
";

fn gateway(text: &str) -> GatewayConfig {
    let config = Config::parse(&Source::new("weft.yaml", text), Path::new(""), &BTreeMap::new());
    config.unwrap_or_else(|found| panic!("{found:?}")).gateway
}

fn parse(text: &str, gateway: &GatewayConfig) -> (ClientPolicy, String) {
    let environment = [("TIER".to_owned(), "gold".to_owned())].into();
    let (policy, found) = ClientPolicy::parse(&Source::new("client.yaml", text), gateway, &environment);
    let line = |found: &Diagnostic| match &found.help {
        Some(help) => format!("{found} ({help})"),
        None => found.to_string(),
    };
    (policy, found.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[test]
fn what_is_wrong_is_told_all_at_once_and_where() {
    let cases = [
        ("teir: bronze", "client.yaml:1:1: error[INVALID_CONFIG]: there is no key `teir` here (did you mean `tier`?)"),
        (
            "tier: bronz\nexposure: public\nlimits: { depth: 0 }\noperations: all\nerrors: none\ntimeout: 3\n",
            "client.yaml:2:11: error[INVALID_CONFIG]: expected internal, first-party or partner\n\
             client.yaml:3:18: error[INVALID_CONFIG]: expected a whole number of at least 1\n\
             client.yaml:4:13: error[INVALID_CONFIG]: expected open or registered\n\
             client.yaml:5:9: error[INVALID_CONFIG]: expected masked or full\n\
             client.yaml:6:10: error[INVALID_CONFIG]: expected a duration from 1ms to 24h, such as 250ms, 30s, 5m or 1h\n\
             client.yaml:1:7: error[INVALID_CONFIG]: weft.yaml has no tier \"bronz\" (did you mean `bronze`?)",
        ),
        (
            "tier: copper",
            "client.yaml:1:7: error[INVALID_CONFIG]: weft.yaml has no tier \"copper\" (the tiers are bronze, gold)",
        ),
        (
            "tier: bronze\nlimits: { depth: 12 }\ntimeout: 1m\n",
            "client.yaml:2:18: error[POLICY_EXCEEDS_TIER]: `limits.depth` is 12, and the tier \"bronze\" allows 10 \
             (write 10 or less, or ask for another tier)\n\
             client.yaml:3:10: error[POLICY_EXCEEDS_TIER]: `timeout` is 60s, and the tier \"bronze\" allows 5s \
             (write 5s or less, or ask for another tier)",
        ),
        (
            "tier: bronze\nlimits: { cost: 1001 }",
            "client.yaml:2:17: warning[NOT_IN_EFFECT]: the cost of operations is not measured yet: `limits.cost` has no effect\n\
             client.yaml:2:17: error[POLICY_EXCEEDS_TIER]: `limits.cost` is 1001, and the tier \"bronze\" allows 1000 \
             (write 1000 or less, or ask for another tier)",
        ),
        ("cache: { max_age: 60s }", "client.yaml:1:19: warning[NOT_IN_EFFECT]: `cache.max_age` has no effect yet"),
        (
            "lifecycle: { deprecated: 2026-02-30, sunset: tomorrow }",
            "client.yaml:1:26: error[INVALID_CONFIG]: expected a date from 1970 on, such as 2027-12-31\n\
             client.yaml:1:46: error[INVALID_CONFIG]: expected a date from 1970 on, such as 2027-12-31",
        ),
        (
            "lifecycle: { deprecated: 2027-01-02, sunset: 2027-01-01 }",
            "client.yaml:1:46: error[INVALID_CONFIG]: the schema would be gone before it is deprecated \
             (`sunset` is the same day as `deprecated`, or a later one)",
        ),
        (
            "auth: { audiences: partner }",
            "client.yaml:1:20: error[INVALID_CONFIG]: expected a list, found the text \"partner\"",
        ),
        (
            "auth: { audiences: [] }",
            "client.yaml:1:9: error[INVALID_CONFIG]: no audience is named, which does not say who may use the client \
             (name those of its callers, as `audiences: [partner-v1]`; to let everybody in, take `audiences` out)",
        ),
        (
            "auth:\n  audiences:\n",
            "client.yaml:2:3: error[INVALID_CONFIG]: no audience is named, which does not say who may use the client \
             (name those of its callers, as `audiences: [partner-v1]`; to let everybody in, take `audiences` out)",
        ),
        ("auth: { audiences: [[a]] }", "client.yaml:1:21: error[INVALID_CONFIG]: expected a text, found a list"),
        ("auth: {}", ""),
        ("auth: { audiences: [partner], schemes: [jwt], require_authentication: true }", ""),
        (
            "auth: { schemes: [jwt, api_key] }",
            "client.yaml:1:24: error[INVALID_CONFIG]: the gateway does not take this scheme (say in \
             `authentication.api_keys` of weft.yaml how it is checked)",
        ),
        ("auth: { schemes: [basic] }", "client.yaml:1:19: error[INVALID_CONFIG]: expected jwt or api_key"),
        (
            "auth: { schemes: [] }",
            "client.yaml:1:9: error[INVALID_CONFIG]: no scheme is named, so that nobody could say who they are (name `jwt` \
             or `api_key`, or take `schemes` out: then all are taken that the gateway takes)",
        ),
    ];
    let gateway = gateway(WEFT_YAML);
    let failures: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, expected, parse(text, &gateway).1))
        .filter(|(_, expected, told)| told != *expected)
        .map(|(text, _, told)| format!("{text}\n-> {told}"))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn what_exceeds_a_tier_is_drawn_with_both_places() {
    let (_, found) = ClientPolicy::parse(
        &Source::new("client.yaml", "tier: bronze\ntimeout: 6s\n"),
        &gateway(WEFT_YAML),
        &BTreeMap::new(),
    );
    let drawn = found[0].draw(false);
    for part in ["client.yaml:2:10", "timeout: 6s", "weft.yaml:4:", "bronze: { limits", "the tier's"] {
        assert!(drawn.contains(part), "nothing of {part} in\n{drawn}");
    }
}

#[test]
fn audiences_need_an_authentication() {
    let (_, told) = parse("auth: { audiences: [partner] }", &gateway(""));
    assert_eq!(
        told,
        "client.yaml:1:9: error[INVALID_CONFIG]: only credentials are for an audience, and the gateway takes none: nobody could use \
         this client (say in `authentication` of weft.yaml whose tokens or API keys are taken)"
    );
    let (_, told) = parse("auth: { require_authentication: true }", &gateway(""));
    assert_eq!(
        told,
        "client.yaml:1:33: error[INVALID_CONFIG]: the gateway takes no credential: nobody could use this client (say in \
         `authentication` of weft.yaml whose tokens or API keys are taken)"
    );
}

/// Depth, timeout in seconds, whether introspection is allowed, what errors tell.
type Shown = (u32, u64, bool, Errors);

#[test]
fn what_is_not_said_follows_from_the_tier_the_gateway_and_the_exposure() {
    let with_default = "tiers: { default: { limits: { depth: 4 }, timeout: 2s } }";
    let cases: [(&str, &str, Shown); 13] = [
        ("", "", (20, 30, false, Errors::Full)),
        ("", "limits: { depth: 30 }", (30, 30, false, Errors::Full)),
        ("limits: { depth: 40 }", "limits: { depth: 30 }", (40, 30, false, Errors::Full)),
        ("tier: default", "", (20, 30, false, Errors::Full)),
        ("", with_default, (4, 2, false, Errors::Full)),
        ("", "dev: true", (20, 30, true, Errors::Full)),
        ("introspection: false", "dev: true", (20, 30, false, Errors::Full)),
        ("introspection: true", "introspection: false", (20, 30, true, Errors::Full)),
        ("exposure: partner", "", (20, 30, false, Errors::Masked)),
        ("exposure: partner\nerrors: full", "", (20, 30, false, Errors::Full)),
        ("tier: bronze", WEFT_YAML, (10, 5, false, Errors::Full)),
        ("tier: bronze\nlimits: { depth: 6 }\ntimeout: 3s", WEFT_YAML, (6, 3, false, Errors::Full)),
        // The whole gateway's request_timeout is shorter.
        ("tier: ${env.TIER}\nerrors: masked", WEFT_YAML, (20, 8, false, Errors::Masked)),
    ];
    for (text, weft_yaml, expected) in cases {
        let (policy, told) = parse(text, &gateway(weft_yaml));
        let ClientPolicy { depth, timeout, introspection, errors, .. } = policy;
        assert_eq!(told, "", "{text} {weft_yaml}");
        assert_eq!((depth, timeout.as_secs(), introspection, errors), expected, "{text} {weft_yaml}");
        assert_eq!(timeout, Duration::from_secs(timeout.as_secs()));
    }
}

#[test]
fn the_rest_is_as_it_is_written() {
    let text = "exposure: internal\nauth: { audiences: [a, b] }\noperations: registered\n\
                lifecycle: { deprecated: 1970-01-02, sunset: 1970-01-03, successor: next }";
    let (policy, told) = parse(text, &gateway(WEFT_YAML));
    assert_eq!(told, "");
    let Lifecycle { deprecated, sunset, successor } = policy.lifecycle;
    assert_eq!((policy.exposure, policy.operations), (Exposure::Internal, Operations::Registered));
    assert_eq!(*policy.admission.audiences, ["a".to_owned(), "b".to_owned()]);
    assert_eq!((deprecated, sunset), (Some(86_400), Some(172_800)));
    assert_eq!(successor.map(|successor| successor.name).as_deref(), Some("next"));
}
