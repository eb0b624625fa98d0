//! How long the answer of a REST or gRPC service takes to be read and mapped, by its size: `cargo bench -p weft-federation --bench mapping`.
//! It prints medians in microseconds, and asserts nothing of time. Past which size answers are mapped off the async threads
//! (`connect::offload` of the engine) comes of it.

use std::hint::black_box;
use std::time::Instant;

use weft_federation::connect::grpc::{Descriptors, MethodDescriptor, decode, encode};
use weft_federation::connect::mapping::{
    FieldTree, Picks, Reads, Selection, Vars, eval, parse_json, parse_json_read, write_json,
};

const PROTO: &str = r#"
syntax = "proto3"; package posts;
message Author { string id = 1; string name = 2; }
message Post { int64 id = 1; string title = 2; string body = 3; repeated string tags = 4; Author author = 5; double score = 6; }
message Posts { repeated Post posts = 1; }
message None {}
service Service { rpc List(None) returns (Posts); }
"#;

const WANTED: [&[&str]; 6] = [&["id"], &["title"], &["text"], &["tags"], &["author", "name"], &["score"]];

fn main() {
    let picking =
        Selection::parse("$.posts { id title text: body tags author { id name } score }").expect("it is right");
    let computing = Selection::parse(
        "$.posts { id: id->toString title: title->slice(0, 80) text: body tags: tags->joinNotNull(' ')
           author { id name: name ?? 'nobody' } score: score->mul(2) }",
    )
    .expect("it is right");
    let picks = Picks::of(&picking, &FieldTree::from_paths(WANTED)).expect("it only picks");
    let list = list();
    println!("{:>9} {:>9} {:>9} {:>9} {:>9}", "kB", "pick", "evaluate", "compute", "gRPC");
    for kilobytes in [16, 32, 64, 128, 256, 512, 1024] {
        let json = answer(kilobytes << 10);
        let message = encode(&parse_json(json.as_bytes()).expect("it is JSON"), &list.output()).expect("it fits");
        let message = prost_bytes(&message);
        let pick = median(|| {
            let mut out = vec![];
            picks.write(json.as_bytes(), usize::MAX, &mut out).expect("it is JSON");
            out
        });
        let evaluate = |selection: &Selection| {
            let reads = Reads::of([selection]);
            median(|| {
                let value = parse_json_read(json.as_bytes(), &reads).expect("it is JSON");
                written(selection, &value)
            })
        };
        let grpc = median(|| written(&picking, &decode(&message, &list.output()).expect("it is a message")));
        println!(
            "{kilobytes:>9} {pick:>9.0} {:>9.0} {:>9.0} {grpc:>9.0}   (message of {} kB)",
            evaluate(&picking),
            evaluate(&computing),
            message.len() >> 10
        );
    }
}

fn written(selection: &Selection, value: &weft_federation::connect::mapping::Value<'_>) -> Vec<u8> {
    let mut out = vec![];
    write_json(&eval(selection, &Vars::default(), value).0, &mut out);
    out
}

/// An answer of about so many bytes: posts with some text each, as services send them.
fn answer(bytes: usize) -> String {
    let mut json = String::from("{\"posts\":[");
    for at in 0.. {
        if json.len() >= bytes {
            break;
        }
        if at > 0 {
            json.push(',');
        }
        let author = at % 10;
        json.push_str(&format!(
            "{{\"id\":{at},\"title\":\"The title of the post number {at}\",\"body\":\"{}\",\"tags\":[\"one\",\"two\",\"three\"],\
             \"author\":{{\"id\":\"{author}\",\"name\":\"Author {author}\"}},\"score\":{at}.25}}",
            "Some words of it, and \\\"quoted\\\" ones. ".repeat(3)
        ));
    }
    json + "]}"
}

fn list() -> MethodDescriptor {
    let files = |name: &str| (name == "posts.proto").then(|| PROTO.as_bytes().to_vec());
    let compiled = Descriptors::compile(&["posts.proto".to_owned()], &files).expect("it compiles");
    compiled.method("posts.Service", "List").expect("it is there")
}

fn prost_bytes(message: &impl prost_reflect::prost::Message) -> Vec<u8> {
    message.encode_to_vec()
}

/// In microseconds.
fn median<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..101)
        .map(|_| {
            let started = Instant::now();
            black_box(run());
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
