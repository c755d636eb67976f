using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Calls a contract's method by its number; implemented by generated code.</summary>
/// <remarks>The code reads the arguments, calls the service and writes the result.</remarks>
/// <param name="method">The method's number.</param>
/// <param name="service">Returns the object to call; called after the arguments were read.</param>
/// <param name="arguments">The arguments of the call.</param>
/// <typeparam name="T">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public delegate ValueTask ContractDispatch<T>(int method, Func<JsonRpcCall, T> service, ref ContractArguments arguments)
    where T : class;
