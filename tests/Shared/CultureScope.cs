using System.Globalization;

namespace JsonRpcLite.Tests;

/// <summary>Sets another culture for all threads of the process until it is disposed. Only for tests of <see cref="Collection"/>, which run alone.</summary>
internal sealed class CultureScope : IDisposable
{
    public const string Collection = "Tests that change the culture of the process";

    private readonly CultureInfo _own = CultureInfo.CurrentCulture;
    private readonly CultureInfo? _ofThreads = CultureInfo.DefaultThreadCurrentCulture;

    public CultureScope(string name)
    {
        var culture = CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = culture;
        // Without ICU every culture would be the invariant one, and no test here could fail.
        0.5.ToString(culture).Should().Be("0,5");
    }

    public void Dispose()
    {
        CultureInfo.CurrentCulture = _own;
        CultureInfo.DefaultThreadCurrentCulture = _ofThreads;
    }
}

[CollectionDefinition(CultureScope.Collection, DisableParallelization = true)]
public sealed class TestsWithACulture;
