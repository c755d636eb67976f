// The instruments and sources are the process's own: tests at the same time would count each other's calls.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
