//! t
const P: &str = env!("CARGO_BIN_EXE_puppet");
#[test]
fn x() { assert!(std::path::Path::new(P).exists()); assert_eq!(std::any::type_name_of_val(&(|| ())), ""); }
