/// <summary>A reply of the server.</summary>
internal sealed record Page(int Status, string Reason, string Type, byte[] Body);
