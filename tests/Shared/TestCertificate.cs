using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite.Tests;

/// <summary>A certificate for localhost, for the duration of a test.</summary>
internal static class TestCertificate
{
    /// <param name="name">The name for which it is issued.</param>
    /// <param name="from">The first day of its validity, in days after today.</param>
    /// <param name="until">The last day of its validity, in days after today.</param>
    public static X509Certificate2 Make(string name = "localhost", int from = -1, int until = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(until));
    }
}
