using System.Globalization;
using System.Text;

namespace JsonRpcLite.Generators;

/// <summary>Writes the outline of a contract as JSON, which MethodOutline and ContractOutline in the core read.</summary>
internal static class OutlineText
{
    /// <summary>Writes a line for each method.</summary>
    /// <remarks>
    /// It holds the method's name, the number of its result type, its traits and the number of its report type, and then the name, type and traits of each parameter.
    /// </remarks>
    public static IEnumerable<string> Methods(Contract contract, TypeTable types) => contract.Methods.Select(method =>
    {
        var progress = method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Progress)?.Type ?? "";
        var parameters = ServerCode.ValuesOf(method).Select(p => $", {Text(p.WireName)}, {types.NumberOf(p.Type)}, {TraitsOf(p)}");
        return $"[{Text(method.WireName)}, {types.NumberOf(method.Result)}, {TraitsOf(method)}, {types.NumberOf(progress)}{string.Concat(parameters)}]";
    });

    /// <summary>Writes an object for each method that has documentation.</summary>
    public static IEnumerable<string> Words(Contract contract)
    {
        for (var i = 0; i < contract.Methods.Count; i++)
        {
            var (words, isObsolete) = (contract.Methods[i].Words, contract.Methods[i].Head.IsObsolete);
            if (!HasWords(contract.Methods[i]))
                continue;
            var members = new List<string> { $"\"method\": {i}" };
            if (words.Summary is not null)
                members.Add($"\"summary\": {Text(words.Summary)}");
            if (words.Result is not null)
                members.Add($"\"result\": {Text(words.Result)}");
            if (isObsolete)
                members.Add("\"deprecated\": true");
            if (words.Parameters.Count > 0)
                members.Add($"\"parameters\": {{{string.Join(", ", words.Parameters.Select(p => $"{Text(p.Name)}: {Text(p.Text)}"))}}}");
            if (words.Errors.Count > 0)
                members.Add($"\"errors\": [{string.Join(", ", words.Errors.Select(e => $"[{e.Code.ToString(CultureInfo.InvariantCulture)}, {Text(e.Message)}]"))}]");
            yield return $"{{{string.Join(", ", members)}}}";
        }
    }

    public static bool HasWords(ContractMethod method) => method.Head.IsObsolete || !method.Words.IsEmpty;

    private static int TraitsOf(ContractMethod method) =>
        (method.MayBeNull ? 1 : 0) + (method.Returns == ReturnKind.Items ? 2 : 0) + (method.IsStreamOnly ? 4 : 0) + (method.Attributes.Count > 0 ? 8 : 0) + 16 * method.Idempotency;

    private static int TraitsOf(ContractParameter parameter) => (parameter.TakesNull ? 1 : 0) + (parameter.Default is null ? 0 : 2) + (parameter.Attributes.Count > 0 ? 4 : 0);

    /// <summary>Writes a text as JSON that is also valid in a raw string of C#: it contains no three quotes in a row.</summary>
    /// <remarks>Half of a surrogate pair, which UTF-8 cannot represent, becomes U+FFFD.</remarks>
    private static string Text(string text)
    {
        var written = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '"' or '\\')
                written.Append('\\').Append(c);
            else if (char.IsControl(c) || c is '\u2028' or '\u2029')
                written.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else if (i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]))
                written.Append(c).Append(text[++i]);
            else
                written.Append(char.IsSurrogate(c) ? '\uFFFD' : c);
        }
        return written.Append('"').ToString();
    }
}
