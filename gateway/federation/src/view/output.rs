//! Owns whether what stands at the end of a path is a value of the client's type.

use std::sync::Arc;

use apollo_compiler::schema::ExtendedType;

use super::context::{Context, kind};
use super::map::EnumMap;
use crate::schema::{TypeId, TypeKind};

/// What comes of a value of the supergraph's type where the client has its own.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// A type that the client does not know and that the value can be of.
    pub unmapped: Option<TypeId>,
    pub values: Option<Arc<EnumMap>>,
}

/// Why it is none.
#[derive(Debug)]
pub(super) enum Unfit {
    /// The client's type had an error of its own.
    Unknown,
    Told {
        message: String,
        help: String,
    },
}

/// Compares named types: `ours` is the client's, `theirs` the supergraph's.
pub(super) fn fit(cx: Context<'_>, ours: &str, theirs: TypeId) -> Result<Fit, Unfit> {
    let model = cx.supergraph.model;
    let their_name = model.type_name(theirs);
    let definition = cx.schema.types.get(ours).ok_or(Unfit::Unknown)?;
    let told = |help: String| {
        let theirs = cx.supergraph.ty(their_name).map_or("a type", kind);
        let message =
            format!("`{ours}` is {}, and what the path leads to is {theirs}, `{their_name}`", kind(definition));
        Err(Unfit::Told { message, help })
    };
    match definition {
        ExtendedType::Scalar(_) => {
            let behind = cx.types.other(ours).ok_or(Unfit::Unknown)?;
            let same = matches!(
                (behind.as_str(), their_name.as_str()),
                ("Float", "Int") | ("String", "ID") | ("ID", "String")
            );
            // A client that does not want to know what there is can take an enum's values as they are.
            let is_named = behind == "String" && model.ty(theirs).kind == TypeKind::Enum;
            match behind == their_name || same || is_named {
                true => Ok(Fit::default()),
                false if model.is_composite(theirs) => {
                    told(format!("let the path go on to a field of `{their_name}`, or give the field an object type"))
                }
                false => {
                    let message = format!("`{ours}` is not `{their_name}`, which the path leads to");
                    let help = format!("declare the field as `{}`", name_for(cx, their_name));
                    Err(Unfit::Told { message, help })
                }
            }
        }
        ExtendedType::Enum(_) => {
            let behind = cx.types.other(ours).ok_or(Unfit::Unknown)?;
            if behind != their_name {
                return told(format!("declare the field as `{}`", name_for(cx, their_name)));
            }
            let values = cx.enums.get(ours).ok_or(Unfit::Unknown)?;
            Ok(Fit { values: values.differs().then(|| Arc::clone(values)), ..Fit::default() })
        }
        ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_) => {
            let behind = cx.types.composite(ours).ok_or(Unfit::Unknown)?;
            if !model.is_composite(theirs) {
                return told(format!("declare the field as `{}`", name_for(cx, their_name)));
            }
            let can_be = &model.ty(theirs).possible;
            let unmapped = can_be.iter().find(|ty| !behind.possible.contains(*ty) && !model.ty(*ty).is_inaccessible);
            if behind.ty == theirs || unmapped.is_none() && !can_be.is_empty() {
                return Ok(Fit { unmapped, ..Fit::default() });
            }
            let our_type = model.type_name(behind.ty);
            let help = match can_be.contains(behind.ty) {
                true => format!("narrow the last step to it: `<{our_type}>`"),
                false if model.is_abstract(behind.ty) => {
                    let missing = unmapped.map(|ty| model.type_name(ty)).unwrap_or(their_name);
                    format!(
                        "it can be `{missing}`, for which `{ours}` has nothing; declare the field as `{}`",
                        name_for(cx, their_name)
                    )
                }
                false => format!("declare the field as `{}`", name_for(cx, their_name)),
            };
            let message = match our_type == ours {
                true => format!("the path leads to `{their_name}`, and not to `{ours}`"),
                false => format!("the path leads to `{their_name}`, and `{ours}` is the supergraph's `{our_type}`"),
            };
            Err(Unfit::Told { message, help })
        }
        ExtendedType::InputObject(_) => Err(Unfit::Unknown),
    }
}

/// What the client calls a type of the supergraph: the first of its names, or the supergraph's where it has none.
fn name_for(cx: Context<'_>, theirs: &str) -> String {
    let composites = cx.types.composites.iter().filter(|(_, map)| cx.supergraph.model.type_name(map.ty) == theirs);
    let others = cx.types.others.iter().filter(|(_, behind)| *behind == theirs);
    let ours = composites.map(|(name, _)| name).chain(others.map(|(name, _)| name)).min();
    ours.map_or_else(|| theirs.to_owned(), |name| name.to_string())
}
