using System.Text;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>A method of a contract, read from an array in the contract's outline.</summary>
/// <remarks>
/// The array holds: the name on the wire, the number of the type of its result or items (-1: none), its traits, the number of the type of its reports (-1: none), and then for
/// each parameter its name on the wire, the number of its type, and its traits. The generator writes the numbers. The traits of a method are the sum of: 1, its result may be
/// null; 2, it returns items; 4, it answers only as a stream; 8, it has attributes; and 16 times its idempotency. Those of a parameter: 1, it takes null; 2, it has a default; 4,
/// it has attributes. These values must never change, since a contract that was compiled with an older generator must run with a newer library.
/// </remarks>
internal sealed class MethodOutline
{
    private MethodOutline(int number, string name, int result, int traits, int progress, int attributes, ParameterOutline[] parameters)
    {
        Number = number;
        Name = name;
        Result = result;
        MayBeNull = (traits & 1) != 0;
        ReturnsItems = (traits & 2) != 0;
        IsStreamOnly = (traits & 4) != 0;
        Idempotency = (JsonRpcIdempotency)(traits >> 4);
        Progress = progress;
        Attributes = attributes;
        Parameters = parameters;
    }

    public int Number { get; }

    public string Name { get; }

    public int Result { get; }

    public bool MayBeNull { get; }

    public bool ReturnsItems { get; }

    public bool IsStreamOnly { get; }

    public JsonRpcIdempotency Idempotency { get; }

    public int Progress { get; }

    /// <summary>The number of its attribute list; -1 where it has none.</summary>
    public int Attributes { get; }

    public ParameterOutline[] Parameters { get; }

    public static MethodOutline[] ReadAll(ReadOnlySpan<byte> text)
    {
        var methods = new List<MethodOutline>();
        var parameters = new List<ParameterOutline>();
        var (attributes, defaults) = (0, 0);
        var reader = new Utf8JsonReader(text);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            var name = NextText(ref reader);
            var result = NextNumber(ref reader);
            var traits = NextNumber(ref reader);
            var progress = NextNumber(ref reader);
            var own = (traits & 8) != 0 ? attributes++ : -1;
            parameters.Clear();
            while (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                var parameter = reader.GetString()!;
                var type = NextNumber(ref reader);
                var how = NextNumber(ref reader);
                var (byDefault, marks) = ((how & 2) != 0 ? defaults++ : -1, (how & 4) != 0 ? attributes++ : -1);
                parameters.Add(new ParameterOutline(parameter, Encoding.UTF8.GetBytes(parameter), type, (how & 1) != 0, byDefault, marks));
            }
            methods.Add(new MethodOutline(methods.Count, name, result, traits, progress, own, [.. parameters]));
        }
        return [.. methods];
    }

    private static string NextText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString()!;
    }

    private static int NextNumber(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetInt32();
    }
}

/// <summary>A parameter of a contract's method.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Utf8Name">The name in UTF-8, as a proxy writes it.</param>
/// <param name="Type">The number of its type.</param>
/// <param name="TakesNull">Whether <c>null</c> is a valid value.</param>
/// <param name="Default">The number of its default value; -1 where callers must pass it.</param>
/// <param name="Attributes">The number of its attribute list; -1 where it has none.</param>
internal sealed record ParameterOutline(string Name, byte[] Utf8Name, int Type, bool TakesNull, int Default, int Attributes);
