namespace JsonRpcLite.Sockets.Tests;

/// <summary>What there is only on Linux: event loops.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Event loops are for Linux.";
    }
}
