"""What adapters share: options, strategies, pipelines, cuts that can be fetched back, the contract as tests."""
