using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Calls a contract's method by its number: generated code, which reads the arguments, calls the service and writes the result.</summary>
/// <param name="method">The method's number.</param>
/// <param name="service">Gives the object to call, after the arguments were read.</param>
/// <param name="arguments">The arguments of the call.</param>
/// <typeparam name="T">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public delegate ValueTask ContractDispatch<T>(int method, Func<JsonRpcCall, T> service, ref ContractArguments arguments)
    where T : class;
