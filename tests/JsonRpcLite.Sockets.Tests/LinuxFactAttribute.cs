namespace JsonRpcLite.Sockets.Tests;

/// <summary>What there is only on Linux: event loops.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "What this tests exists on Linux alone. To run this test: run it on Linux";
    }
}
