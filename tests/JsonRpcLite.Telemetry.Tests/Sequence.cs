// The process shares its instruments and sources: concurrent tests would count each other's calls.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
