"""The strategies that come with Chandler, written as a user would write one."""
