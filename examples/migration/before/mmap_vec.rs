// SPDX-License-Identifier: MIT
use mmap_vec::MmapVec;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    second: u64,
    celsius: f32,
}

fn main() {
    let mut samples = MmapVec::<Sample>::new();
    for second in 0..100_000 {
        let sample = Sample { second, celsius: 20.5 };
        samples.push(sample).expect("the file cannot grow");
    }
    samples.truncate_first(10);
    let last = samples.pop();

    assert_eq!(last.map(|sample| sample.second), Some(99_999));
    assert_eq!(samples[0].second, 10);
    assert_eq!(samples.len(), 99_989);
}
