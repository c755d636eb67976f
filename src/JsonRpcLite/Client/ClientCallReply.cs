using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Reads the reply of a call, and records a failure if the call is measured.</summary>
internal static class ClientCallReply
{
    /// <summary>Reads the reply to a plain call.</summary>
    public static T ReadPlain<T>(this ClientCall call, JsonTypeInfo<T> type)
    {
        try
        {
            return ReplyReader.ReadPlain(call.Exchange, type);
        }
        catch (Exception e) when (call.Note(e))
        {
            throw;
        }
    }

    /// <summary>Reads the result of a call.</summary>
    public static T Read<T>(this ClientCall call, long id, JsonTypeInfo<T> type)
    {
        try
        {
            return RpcReplyReader.Read(call.Exchange, id, type);
        }
        catch (Exception e) when (call.Note(e))
        {
            throw;
        }
    }

    /// <summary>Reads a result that is a list, item by item.</summary>
    public static List<T> ReadList<T>(this ClientCall call, long id, JsonTypeInfo<T> type)
    {
        return call.Run((call.Exchange, id, type), static s => RpcReplyReader.ReadList(s.Exchange, s.id, s.type));
    }

    /// <summary>Reads the reply to a notification, which has no response.</summary>
    public static void ReadNothing(this ClientCall call, JsonSerializerOptions options)
    {
        try
        {
            RpcReplyReader.ReadNothing(call.Exchange, options);
        }
        catch (Exception e) when (call.Note(e))
        {
            throw;
        }
    }

    /// <inheritdoc cref="ClientCall.Run{TState, T}"/>
    public static void Run<TState>(this ClientCall call, TState state, Action<TState> action) => call.Run((state, action), static s =>
    {
        s.action(s.state);
        return true;
    });

    /// <summary>Records a failure.</summary>
    public static TException Failed<TException>(this ClientCall call, TException failure)
        where TException : Exception
    {
        call.Note(failure);
        return failure;
    }
}
