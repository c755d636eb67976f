namespace JsonRpcLite.Load;

/// <summary>Where a process may run, and with which setting of the runtime.</summary>
internal enum Placement
{
    /// <summary>As a user starts it: on all cores, with the runtime's default settings.</summary>
    Free,

    /// <summary>On one core, as in a container with one CPU, with the runtime's default settings.</summary>
    OneCore,

    /// <summary>On one core, with <see cref="Cores.TunedSetting"/>.</summary>
    Tuned,
}
