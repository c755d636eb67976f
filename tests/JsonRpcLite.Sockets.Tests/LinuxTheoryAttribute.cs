namespace JsonRpcLite.Sockets.Tests;

/// <summary>A test of event loops, which exist only on Linux.</summary>
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "What this tests exists on Linux alone. To run this test: run it on Linux";
    }
}
