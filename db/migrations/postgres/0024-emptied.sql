-- With the status in front, the index is taken for one status and a time. By status alone, every destroyed server was
-- read.
DROP INDEX servers_emptied;
CREATE INDEX servers_emptied ON servers (status, updated_at) WHERE status IN ('destroyed', 'suspended');
