namespace JsonRpcLite.Load;

/// <summary>The cores that a process may use, and the setting of the runtime.</summary>
internal enum Placement
{
    /// <summary>On all cores, with the runtime's default settings, as a user starts it.</summary>
    Free,

    /// <summary>On one core, as in a container with one CPU, with the runtime's default settings.</summary>
    OneCore,

    /// <summary>On one core, with <see cref="Cores.TunedSetting"/>.</summary>
    Tuned,
}
