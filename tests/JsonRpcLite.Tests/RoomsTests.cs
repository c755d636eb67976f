using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace JsonRpcLite.Tests;

/// <summary>
/// The rooms of each package, which are its folders, and which may know which. Read from the sources: a file knows the types that it names; comments and strings do
/// not count. A new dependency is a decision about the architecture, and is made here first.
/// </summary>
public partial class RoomsTests
{
    /// <summary>Each room of the core and all that it may know. The front door, alone at the root, may know everything.</summary>
    private static readonly Dictionary<string, string[]> Core = new()
    {
        [""] = ["Text", "Json", "Http", "Protocol", "Telemetry", "Streaming", "Functions", "Contracts", "Idempotency", "Transports", "Server", "Client"],
        ["Text"] = [],
        ["Json"] = ["Text"],
        ["Http"] = ["Text"],
        ["Protocol"] = ["Text", "Json", "Http"],
        ["Telemetry"] = ["Text", "Http", "Protocol"],
        ["Streaming"] = ["Json", "Http"],
        ["Functions"] = ["Text", "Json", "Http", "Protocol", "Streaming"],
        ["Contracts"] = ["Text", "Json", "Http", "Protocol", "Streaming", "Functions"],
        ["Idempotency"] = ["Text", "Functions"],
        ["Transports"] = ["Text", "Http"],
        ["Server"] = ["Text", "Json", "Http", "Protocol", "Telemetry", "Streaming", "Functions", "Contracts", "Idempotency", "Transports"],
        ["Client"] = ["Text", "Json", "Http", "Protocol", "Telemetry", "Streaming", "Contracts", "Transports"],
    };

    private static readonly Dictionary<string, string[]> Engine = new()
    {
        [""] = ["Fields", "Reading", "Sending", "State", "Syntax"],
        ["Syntax"] = [""],
        ["Fields"] = ["", "State", "Syntax"],
        ["State"] = ["", "Syntax"],
        ["Reading"] = ["", "Fields", "State", "Syntax"],
        ["Sending"] = ["", "Fields", "State", "Syntax"],
    };

    private static readonly Dictionary<string, string[]> Sockets = new()
    {
        [""] = ["Client", "Loops", "Server", "Wires"],
        ["Wires"] = [],
        ["Loops"] = ["Wires"],
        ["Client"] = ["Loops", "Wires"],
        ["Server"] = ["Loops", "Wires"],
    };

    public static TheoryData<string> Packages => ["JsonRpcLite", "JsonRpcLite.Http11", "JsonRpcLite.Sockets"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void No_room_knows_another_that_the_design_does_not_allow(string package)
    {
        var allowed = package switch
        {
            "JsonRpcLite" => Core,
            "JsonRpcLite.Http11" => Engine,
            _ => Sockets,
        };
        var files = Read(package);

        files.Select(f => f.Room).Distinct().Should().BeSubsetOf(allowed.Keys, "each room is listed here");
        var strange = from file in files
                      from known in file.Known
                      where known.Room != file.Room && !allowed[file.Room].Contains(known.Room)
                      select $"{file.Path} ({file.Room}) knows {known.Path} ({known.Room})";
        strange.Should().BeEmpty();
    }

    [Fact]
    public void Only_the_front_door_is_at_the_root_of_the_core() =>
        Read("JsonRpcLite").Where(f => f.Room == "").Select(f => f.Path).Should().Equal("JsonRpc.cs");

    [Fact]
    public void No_file_of_the_server_or_of_a_transport_is_part_of_a_cycle()
    {
        var files = Read("JsonRpcLite").Where(f => f.Room is "Server" or "Transports").ToList();

        files.Where(file => Reaches(file, file, [])).Select(f => $"{f.Path} knows {string.Join(", ", f.Known.Select(k => k.Path))}").Should().BeEmpty();
    }

    private static bool Reaches(SourceFile from, SourceFile target, HashSet<SourceFile> seen) =>
        from.Known.Any(known => known == target || seen.Add(known) && Reaches(known, target, seen));

    private static List<SourceFile> Read(string package)
    {
        var root = Path.GetFullPath(Path.Combine(ThisFile(), "../../../src", package));
        var files = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .Select(path => new SourceFile(path, path.Contains('/') ? path[..path.IndexOf('/')] : "", Strip(File.ReadAllText(Path.Combine(root, path)))))
            .ToList();
        files.Should().HaveCountGreaterThan(10);
        var owners = new Dictionary<string, SourceFile>();
        foreach (var file in files)
        {
            foreach (Match declared in Declaration().Matches(file.Code))
                owners.TryAdd(declared.Groups[1].Value, file);
        }
        foreach (var file in files)
        {
            var names = Identifier().Matches(file.Code).Select(m => m.Value).ToHashSet();
            file.Known.UnionWith(owners.Where(o => names.Contains(o.Key) && o.Value != file).Select(o => o.Value));
        }
        return files;
    }

    /// <summary>Code alone: no comments, and no strings except what is interpolated into them.</summary>
    private static string Strip(string source) => Text().Replace(Comment().Replace(source, ""), m => string.Concat(Hole().Matches(m.Value).Select(hole => $" {hole.Value} ")));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^\s*///?.*$|(?<=[;{})\s,])//[^""\n]*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("\\$?\"\"\"[\\s\\S]*?\"\"\"|[$@]*\"(?:\\\\.|[^\"\\\\\\n])*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"(?<!\{)\{[^{}""]+\}")]
    private static partial Regex Hole();

    /// <summary>The declaration of a type that is not nested: others cannot name a nested type without it.</summary>
    [GeneratedRegex(@"^(?:(?:public|internal|private|protected|sealed|static|abstract|readonly|ref|partial|file) +)*(?:class|struct|interface|enum|record(?: +struct)?|delegate +[\w<>?.\[\], ]+?) +(\w+)\s*[<({:;\n]",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<![\w.])\w+|(?<=\.)[A-Z]\w+(?=\.)")]
    private static partial Regex Identifier();

    private sealed record SourceFile(string Path, string Room, string Code)
    {
        public HashSet<SourceFile> Known { get; } = [];

        public bool Equals(SourceFile? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
    }
}
