using System.Net.Security;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite.Sockets.Tests;

public class ClientTlsTests
{
    public static TheoryData<string> Settable => [.. typeof(SslClientAuthenticationOptions).GetProperties().Where(p => p.SetMethod?.IsPublic == true).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Settable))]
    public void Every_setting_of_the_user_applies(string name)
    {
        var property = typeof(SslClientAuthenticationOptions).GetProperty(name)!;
        var options = new SslClientAuthenticationOptions();
        var value = Other(property, property.GetValue(options));
        property.SetValue(options, value);

        var copy = ClientTls.CopyFor(options, "service.example");

        property.GetValue(copy).Should().Be(value);
        copy.Should().NotBeSameAs(options, "the user may change the original");
        if (name != nameof(options.TargetHost))
            (copy.TargetHost, options.TargetHost).Should().Be(("service.example", null));
    }

    [Fact]
    public void Without_settings_the_systems_apply_and_the_host_comes_from_the_address()
    {
        var copy = ClientTls.CopyFor(null, "service.example");

        foreach (var property in typeof(SslClientAuthenticationOptions).GetProperties().Where(p => p.Name != nameof(copy.TargetHost)))
            property.GetValue(copy).Should().Be(property.GetValue(new SslClientAuthenticationOptions()), property.Name);
        copy.TargetHost.Should().Be("service.example");
    }

    /// <summary>Any value but the default.</summary>
    private static object Other(PropertyInfo property, object? usual)
    {
        object other = property.PropertyType switch
        {
            var type when type == typeof(bool) => !(bool)usual!,
            var type when type == typeof(string) => "other.example",
            var type when type == typeof(X509RevocationMode) => X509RevocationMode.Offline,
            var type when type == typeof(SslProtocols) => SslProtocols.Tls13,
            // The others of its values are obsolete.
            var type when type == typeof(EncryptionPolicy) => (EncryptionPolicy)1,
            var type when type == typeof(LocalCertificateSelectionCallback) => new LocalCertificateSelectionCallback((_, _, _, _, _) => null!),
            var type when type == typeof(RemoteCertificateValidationCallback) => new RemoteCertificateValidationCallback((_, _, _, _) => false),
            var type => RuntimeHelpers.GetUninitializedObject(type),
        };
        other.Should().NotBe(usual, "otherwise nothing would be tested");
        return other;
    }
}
