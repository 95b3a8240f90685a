-- The servers with a plan that the provider does not sell any more.
CREATE INDEX servers_by_plan ON servers (plan, id) WHERE status <> 'destroyed';
