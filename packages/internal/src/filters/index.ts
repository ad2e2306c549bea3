/** Filters of metadata, and what is said of those that match nothing, or everything. */
export { type FilterFault, inexpressible } from "./filter-fault.ts";
export { FilterKeys } from "./filter-keys.ts";
export type { FilterOperators, FilterValue } from "./filter-operators.ts";
export {
  adviceOn,
  describeMismatch,
  kindsIn,
  type SoughtKinds,
  soughtKindsOf,
  type TypeAdvice,
  type TypeMismatch,
} from "./filter-types.ts";
export {
  type CombinedFilters,
  everything,
  type MetadataFilter,
  type MetadataPredicate,
  metadataPredicate,
} from "./metadata-filter.ts";
export { describeNegation, negationAdvice } from "./negation-advice.ts";
export { type NegationFault, Negations } from "./negations.ts";
export { searchKnownKeys } from "./search-known-keys.ts";
export { keysOfFilter, soughtByFilter } from "./sought-by-filter.ts";
