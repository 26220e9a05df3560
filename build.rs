//! Tells cargo that the embedded policies are part of the program: a new file under `policies/` rebuilds it.

fn main() {
    println!("cargo::rerun-if-changed=policies");
}
