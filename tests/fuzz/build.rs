//! Compiles the C part of the target `calls`.

fn main() {
    println!("cargo:rerun-if-changed=targets/calls.c");
    println!("cargo:rerun-if-changed=../../include/keycask.h");
    cc::Build::new()
        .file("targets/calls.c")
        .include("../../include")
        .std("c11")
        .warnings(true)
        .compile("calls");
}
