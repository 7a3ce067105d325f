-- When a member left, so that who was a member at a vote's start can be counted later (SPEC.md §11). NULL: it has not left, or it left before this was kept, or
-- a silo of the version before wrote that it left; who left at no known moment counts as never having been there.
ALTER TABLE member ADD COLUMN left_unix_ms bigint;
