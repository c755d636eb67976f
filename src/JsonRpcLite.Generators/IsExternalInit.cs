namespace System.Runtime.CompilerServices;

/// <summary>The type that the compiler needs for records, and that netstandard2.0 does not have.</summary>
internal static class IsExternalInit;
