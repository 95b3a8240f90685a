-- The facts of an alert that programs read; its message is for people.
ALTER TABLE alerts ADD COLUMN detail JSON;
