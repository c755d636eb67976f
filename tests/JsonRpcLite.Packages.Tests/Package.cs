using System.IO.Compression;
using System.Xml.Linq;

namespace JsonRpcLite.Packages.Tests;

/// <summary>A package, read as the zip file that it is.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive _zip;
    private readonly XElement _metadata;

    public Package(string path)
    {
        _zip = ZipFile.OpenRead(path);
        using var manifest = _zip.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        _metadata = XDocument.Load(manifest).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    public string[] Files => [.. _zip.Entries.Select(e => e.FullName)];

    public string[] Dependencies => [.. _metadata.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)];

    /// <summary>The package type, if the package is not to be compiled against.</summary>
    public string[] Types => [.. _metadata.Descendants().Where(e => e.Name.LocalName == "packageType").Select(e => e.Attribute("name")!.Value)];

    /// <summary>The text of an element of the manifest, or of one of its attributes; empty if it does not exist.</summary>
    public string this[string element, string? attribute = null] =>
        _metadata.Elements().SingleOrDefault(e => e.Name.LocalName == element) is not { } found ? "" : attribute is null ? found.Value : found.Attribute(attribute)?.Value ?? "";

    public byte[] Read(string file)
    {
        using var stream = _zip.GetEntry(file)!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    public void Dispose() => _zip.Dispose();
}
